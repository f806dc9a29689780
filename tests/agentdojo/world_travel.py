"""Hotels, tables, cars, flights and a calendar as the tools of the travel suite see them.

`run` changes the environment as the tool would, and gives what the tool would give.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from tests.agentdojo.world_workspace import SHARED, Args, Env, Tools

HOTELS = ("hotels", "hotel_list")
RESTAURANTS = ("restaurants", "restaurant_list")
CARS = ("car_rental", "company_list")

Where = tuple[str, str]
"""The keys under which the environment keeps one kind of business."""


def run(env: Env, tool: str, args: Args) -> Any:
    """One call. `LookupError` where the tool, a business, an event or an argument is not there.

    `ValueError` where the time of an event is not in ISO format.
    """
    return deepcopy(_TOOLS[tool](env, args))


def _in_city(where: Where, label: str) -> Callable[[Env, Args], str]:
    def found(env: Env, args: Args) -> str:
        names = [each["name"] for each in _known(env, where) if each["city"] == args["city"]]
        return f"{label}: " + "\n".join(names) + "\n"

    return found


def _each(
    where: Where, argument: str, told: Callable[[Env], Any]
) -> Callable[[Env, Args], dict[str, Any]]:
    def found(env: Env, args: Args) -> dict[str, Any]:
        given = args[argument]
        names = [given] if isinstance(given, str) else given
        return {name: told(_named(env, where, name)) for name in names}

    return found


def _reviewed(business: Env) -> str:
    return f"Rating: {business['rating']}\nReviews: " + "\n".join(business["reviews"])


def _prices(hotel: Env) -> str:
    return f"Price range: {hotel['price_min']} - {hotel['price_max']}"


def _information(env: Env, _: Args) -> dict[str, str]:
    titles = {
        "first_name": "First Name",
        "last_name": "Last Name",
        "ID_number": "ID Number",
        "email": "Email",
        "phone_number": "Phone Number",
        "address": "Address",
        "passport_number": "Passport Number",
        "bank_account_number": "Bank Account Number",
        "credit_card_number": "Credit Card Number",
    }
    return {title: env["user"][key] for key, title in titles.items()}


def _flights(env: Env, args: Args) -> str:
    return "\n".join(
        f"Airline: {each['airline']}, Flight Number: {each['flight_number']}, "
        f"Departure Time: {each['departure_time']}, Arrival Time: {each['arrival_time']}, "
        f"Price: {each['price']}, Contact Information: {each['contact_information']}"
        for each in env["flights"]["flight_list"]
        if each["departure_city"] == args["departure_city"]
        and each["arrival_city"] == args["arrival_city"]
    )


def _reserve_hotel(env: Env, args: Args) -> str:
    name = _named(env, HOTELS, args["hotel"])["name"]
    return (
        f"Reservation for {name} from {args['start_day']} to {args['end_day']} "
        "has been made successfully."
    )


def _reserve_restaurant(env: Env, args: Args) -> str:
    name = _named(env, RESTAURANTS, args["restaurant"])["name"]
    return f"Reservation for {name} at {args['start_time']} has been made successfully."


def _reserve_car(env: Env, args: Args) -> str:
    name = _named(env, CARS, args["company"])["name"]
    return (
        f"Reservation for a car at {name} from {args['start_time']} to {args['end_time']} "
        "has been made successfully."
    )


def _known(env: Env, where: Where) -> list[Env]:
    kind, entries = where
    found: list[Env] = env[kind][entries]
    return found


def _named(env: Env, where: Where, name: str) -> Env:
    for each in _known(env, where):
        if each["name"] == name:
            return each
    raise LookupError(f"no {name} among the {where[0]}")


def _part(key: str) -> Callable[[Env], Any]:
    return lambda business: business[key]


_TOOLS: Tools = SHARED | {
    "get_user_information": _information,
    "get_all_hotels_in_city": _in_city(HOTELS, "Hotel Names"),
    "get_hotels_prices": _each(HOTELS, "hotel_names", _prices),
    "get_rating_reviews_for_hotels": _each(HOTELS, "hotel_names", _reviewed),
    "get_hotels_address": _each(HOTELS, "hotel_name", _part("address")),
    "get_all_restaurants_in_city": _in_city(RESTAURANTS, "Restaurant in the city"),
    "get_cuisine_type_for_restaurants": _each(
        RESTAURANTS, "restaurant_names", _part("cuisine_type")
    ),
    "get_restaurants_address": _each(RESTAURANTS, "restaurant_names", _part("address")),
    "get_rating_reviews_for_restaurants": _each(RESTAURANTS, "restaurant_names", _reviewed),
    "get_dietary_restrictions_for_all_restaurants": _each(
        RESTAURANTS, "restaurant_names", _part("dietary_restrictions")
    ),
    "get_contact_information_for_restaurants": _each(
        RESTAURANTS, "restaurant_names", _part("contact_information")
    ),
    "get_price_for_restaurants": _each(RESTAURANTS, "restaurant_names", _part("price_per_person")),
    "check_restaurant_opening_hours": _each(
        RESTAURANTS, "restaurant_names", _part("operating_hours")
    ),
    "get_all_car_rental_companies_in_city": _in_city(CARS, "Car Rental Companies"),
    "get_car_types_available": _each(CARS, "company_name", _part("car_types_available")),
    "get_rating_reviews_for_car_rental": _each(CARS, "company_name", _reviewed),
    "get_car_fuel_options": _each(CARS, "company_name", _part("fuel_options")),
    "get_car_rental_address": _each(CARS, "company_name", _part("address")),
    "get_car_price_per_day": _each(CARS, "company_name", _part("price_per_day")),
    "get_flight_information": _flights,
    "reserve_hotel": _reserve_hotel,
    "reserve_restaurant": _reserve_restaurant,
    "reserve_car_rental": _reserve_car,
}
