package graph

import (
	"fmt"
	"strings"
)

// Mermaid writes a picture as a state diagram of Mermaid, which lays it out itself.
func Mermaid(p Picture) string {
	m := &mermaid{names: map[string]string{}, children: map[string][]Node{}, branches: map[string]int{}}
	m.b.WriteString("stateDiagram-v2\n")
	for _, n := range p.Nodes {
		switch n.Kind {
		case StartNode, EndNode:
			m.names[n.ID] = "[*]"
		default:
			m.names[n.ID] = fmt.Sprintf("s%d", len(m.names))
			m.children[n.Parent] = append(m.children[n.Parent], n)
		}
	}
	m.edges = make(map[string][]Edge)
	parents := make(map[string]string)
	for _, n := range p.Nodes {
		parents[n.ID], m.branches[n.ID] = n.Parent, n.Branch
	}
	for _, e := range p.Edges {
		m.edges[parents[e.From]] = append(m.edges[parents[e.From]], e)
	}
	m.scope(&p, "", "  ")
	m.statuses(&p)
	return m.b.String()
}

type mermaid struct {
	b        strings.Builder
	names    map[string]string // of nodes, by id
	children map[string][]Node // by the id of the container
	edges    map[string][]Edge
	branches map[string]int // of nodes
}

func (m *mermaid) scope(p *Picture, parent, indent string) {
	branch := 0
	for _, n := range m.children[parent] {
		if n.Branch != branch { // the edges of a branch are in it
			m.lines(parent, branch, indent)
			branch = n.Branch
			m.b.WriteString(indent + "--\n")
		}
		label := n.Name
		if s, ok := p.Statuses[n.ID]; ok {
			label += " " + s.text()
		}
		fmt.Fprintf(&m.b, "%sstate \"%s\" as %s", indent, mermaidText(label), m.names[n.ID])
		if n.Kind == ContainerNode && len(m.children[n.ID]) > 0 {
			m.b.WriteString(" {\n")
			m.scope(p, n.ID, indent+"  ")
			m.b.WriteString(indent + "}")
		}
		m.b.WriteByte('\n')
	}
	m.lines(parent, branch, indent)
}

// lines writes the edges of a branch.
func (m *mermaid) lines(parent string, branch int, indent string) {
	for _, e := range m.edges[parent] {
		if m.branches[e.From] != branch {
			continue
		}
		fmt.Fprintf(&m.b, "%s%s --> %s", indent, m.names[e.From], m.names[e.To])
		if e.Label != "" {
			label := e.Label
			if e.Kind == CatchEdge {
				label = "catch " + label
			}
			m.b.WriteString(" : " + mermaidText(label))
		}
		m.b.WriteByte('\n')
	}
}

// statuses colours states; those with others in them cannot be.
func (m *mermaid) statuses(p *Picture) {
	if len(p.Statuses) == 0 {
		return
	}
	for _, c := range [][2]string{{succeeded, "#1b7a2f"}, {running, "#0b62c4"}, {failed, "#c22b1f"}, {timedOut, "#c22b1f"}, {caughtIt, "#8a5a00"}, {aborted, "#5c6878"}} {
		fmt.Fprintf(&m.b, "  classDef %s stroke:%s,stroke-width:3px\n", c[0], c[1])
	}
	for _, n := range p.Nodes {
		if s, ok := p.Statuses[n.ID]; ok && len(m.children[n.ID]) == 0 {
			fmt.Fprintf(&m.b, "  class %s %s\n", m.names[n.ID], s.Word)
		}
	}
}

// mermaidText is text as labels take it: what has a meaning there is written as an entity.
var mermaidEntities = strings.NewReplacer(`"`, "#quot;", "#", "#35;", ";", "#59;", ":", "#58;", "<", "#lt;", ">", "#gt;", "{", "#123;", "}", "#125;", "\n", " ", "\r", " ")

func mermaidText(s string) string { return mermaidEntities.Replace(s) }
