// Checks a log and its proofs with Go's own packages golang.org/x/mod/sumdb/{note,tlog}.
//
//	check_log KEY FOLDER OLDER... < claims
//
// KEY is a public key, FOLDER holds the log, and OLDER are sizes at which it was published. Each
// line of the claims is a proof in base64: "inclusion SIZE ROOT INDEX LEAF HASH...",
// "consistency SIZE ROOT SIZE ROOT HASH...", or "file ENTRY PROOF", a whole tlog-proof.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type folder string

func (f folder) Height() int                             { return height }
func (f folder) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// entries reads the bundle that belongs to a tile of hashes.
func (f folder) entries(tile tlog.Tile) ([][]byte, error) {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/0/", height))
	data, err := os.ReadFile(filepath.Join(string(f), "tile/entries", path))
	var all [][]byte
	for err == nil && len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("bundle %s is cut off", path)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		all, data = append(all, data[2:end]), data[end:]
	}
	return all, err
}

// head opens a checkpoint; Go's own parser wants the origin of Go's own log.
func head(data []byte, keys note.Verifiers) tlog.Tree {
	opened, err := note.Open(data, keys)
	must(err)
	_, rest, _ := strings.Cut(opened.Text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	must(err)
	return tree
}

func checkFolder(f folder, tree tlog.Tree, older []string) {
	reader := tlog.TileHashReader(tree, f)
	for first := int64(0); first < tree.N; first += 1 << height {
		width := tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		entries, err := f.entries(tlog.Tile{H: height, L: 0, N: first >> height, W: int(width)})
		must(err)
		if int64(len(entries)) != width {
			must(fmt.Errorf("the bundle from entry %d on has %d entries", first, len(entries)))
		}
		for i, entry := range entries {
			index := first + int64(i)
			path, err := tlog.ProveRecord(tree.N, index, reader)
			must(err)
			must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
		}
	}
	for _, text := range older {
		size := number(text)
		root, err := tlog.TreeHash(size, reader)
		must(err)
		path, err := tlog.ProveTree(tree.N, size, reader)
		must(err)
		must(tlog.CheckTree(path, tree.N, tree.Hash, size, root))
	}
}

func checkClaim(words []string, keys note.Verifiers) {
	switch words[0] {
	case "inclusion":
		path := tlog.RecordProof(hashes(words[5:]))
		size, root, index, leaf := number(words[1]), hash(words[2]), number(words[3]), hash(words[4])
		must(tlog.CheckRecord(path, size, root, index, leaf))
	case "consistency":
		path := tlog.TreeProof(hashes(words[5:]))
		size, root, old, oldRoot := number(words[1]), hash(words[2]), number(words[3]), hash(words[4])
		must(tlog.CheckTree(path, size, root, old, oldRoot))
	case "file":
		checkFile(decoded(words[1]), string(decoded(words[2])), keys)
	default:
		must(fmt.Errorf("what is %q?", words[0]))
	}
}

func checkFile(entry []byte, proof string, keys note.Verifiers) {
	above, checkpoint, _ := strings.Cut(proof, "\n\n")
	lines := strings.Split(above, "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		must(fmt.Errorf("this is no proof: %q", lines))
	}
	tree := head([]byte(checkpoint), keys)
	index := number(strings.TrimPrefix(lines[1], "index "))
	path := tlog.RecordProof(hashes(lines[2:]))
	must(tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash(entry)))
}

func hashes(texts []string) []tlog.Hash {
	all := []tlog.Hash{}
	for _, text := range texts {
		all = append(all, hash(text))
	}
	return all
}

func hash(text string) tlog.Hash {
	found, err := tlog.ParseHash(text)
	must(err)
	return found
}

func number(text string) int64 {
	found, err := strconv.ParseInt(text, 10, 64)
	must(err)
	return found
}

func decoded(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err)
	return data
}

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	must(err)
	keys := note.VerifierList(verifier)
	data, err := os.ReadFile(filepath.Join(os.Args[2], "checkpoint"))
	must(err)
	tree := head(data, keys)
	checkFolder(folder(os.Args[2]), tree, os.Args[3:])
	claims := 0
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		checkClaim(strings.Fields(lines.Text()), keys)
		claims++
	}
	must(lines.Err())
	fmt.Printf("%d entries, %d claims\n", tree.N, claims)
}
