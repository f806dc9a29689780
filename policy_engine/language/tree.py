"""The syntax tree: what a policy file says, word for word, nothing looked up yet.

Every node carries the span of the text it came from. Names are still names here; what they
stand for is the business of the checks. The parts stand in `tree_expressions` (types, conditions,
data), `tree_declarations`, `tree_rules` and `tree_tests`; all are read from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from policy_engine.language.tree_declarations import (
    AboutNode as AboutNode,
    AliasNode as AliasNode,
    AttributesNode as AttributesNode,
    Cell as Cell,
    DefineNode as DefineNode,
    FactNode as FactNode,
    FrameworkNode as FrameworkNode,
    ImportNode as ImportNode,
    OutputNode as OutputNode,
    ParameterNode as ParameterNode,
    PolicyNode as PolicyNode,
    RecordNode as RecordNode,
    RoleNode as RoleNode,
    RowNode as RowNode,
    TableNode as TableNode,
    TaskNode as TaskNode,
    TypedDefineNode as TypedDefineNode,
)
from policy_engine.language.tree_expressions import (
    AffixNode as AffixNode,
    AffixWord as AffixWord,
    AskedForNode as AskedForNode,
    BetweenNode as BetweenNode,
    CallNode as CallNode,
    CompareNode as CompareNode,
    CompareOperator as CompareOperator,
    ConditionalNode as ConditionalNode,
    Expression as Expression,
    FieldNode as FieldNode,
    FromCase as FromCase,
    FunctionNode as FunctionNode,
    FunctionWord as FunctionWord,
    IndexNode as IndexNode,
    JunctionNode as JunctionNode,
    ListNode as ListNode,
    ListType as ListType,
    LiteralNode as LiteralNode,
    LiteralValue as LiteralValue,
    MapType as MapType,
    MatchNode as MatchNode,
    Name as Name,
    NamedType as NamedType,
    NotNode as NotNode,
    OccurrenceNode as OccurrenceNode,
    OriginNode as OriginNode,
    OriginWord as OriginWord,
    PairedNode as PairedNode,
    PartNode as PartNode,
    PastNode as PastNode,
    PathNode as PathNode,
    PickNode as PickNode,
    PredicateNode as PredicateNode,
    PredicateWord as PredicateWord,
    ProductNode as ProductNode,
    QuantifierNode as QuantifierNode,
    QuantifierWord as QuantifierWord,
    RecentNode as RecentNode,
    SeenNode as SeenNode,
    SetType as SetType,
    SinceNode as SinceNode,
    Stage as Stage,
    Subjects as Subjects,
    SumNode as SumNode,
    TallyNode as TallyNode,
    Targets as Targets,
    TypeNode as TypeNode,
    UnionType as UnionType,
    ValueNode as ValueNode,
    WindowNode as WindowNode,
)
from policy_engine.language.tree_rules import (
    ClaimWord as ClaimWord,
    ConditionNode as ConditionNode,
    ConfirmNode as ConfirmNode,
    Day as Day,
    EffectNode as EffectNode,
    EscalateNode as EscalateNode,
    ExceptionNode as ExceptionNode,
    FailureNode as FailureNode,
    GrantNode as GrantNode,
    GuaranteeNode as GuaranteeNode,
    Ladder as Ladder,
    LimitNode as LimitNode,
    NeverNode as NeverNode,
    OnlyAfterNode as OnlyAfterNode,
    OnlyWhenNode as OnlyWhenNode,
    PartyNode as PartyNode,
    RequireNode as RequireNode,
    RuleNode as RuleNode,
    RungNode as RungNode,
    ValidationNode as ValidationNode,
)
from policy_engine.language.tree_tests import (
    GivenAnswer as GivenAnswer,
    GivenApproval as GivenApproval,
    GivenAsked as GivenAsked,
    GivenAttributes as GivenAttributes,
    GivenBehalf as GivenBehalf,
    GivenFact as GivenFact,
    GivenNode as GivenNode,
    GivenNow as GivenNow,
    GivenOutput as GivenOutput,
    GivenPast as GivenPast,
    GivenPrincipal as GivenPrincipal,
    GivenRequest as GivenRequest,
    GivenValidation as GivenValidation,
    PastStage as PastStage,
    TestNode as TestNode,
)

Statement: TypeAlias = (
    PolicyNode
    | ImportNode
    | RoleNode
    | AttributesNode
    | AliasNode
    | RecordNode
    | TaskNode
    | AboutNode
    | FactNode
    | TableNode
    | DefineNode
    | FrameworkNode
    | RuleNode
    | ExceptionNode
    | GuaranteeNode
    | ValidationNode
    | TestNode
)


@dataclass(frozen=True, slots=True)
class Tree:
    """One file. `unread` are the words of statements that could not be read."""

    statements: tuple[Statement, ...]
    unread: frozenset[str] = frozenset()
