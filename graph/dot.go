package graph

import (
	"fmt"
	"strings"
)

// DOT writes a picture in the language of Graphviz, which lays it out itself.
func DOT(p Picture) string {
	d := &dot{children: map[string][]Node{}, byID: map[string]Node{}}
	for _, n := range p.Nodes {
		d.children[n.Parent] = append(d.children[n.Parent], n)
		d.byID[n.ID] = n
	}
	fmt.Fprintf(&d.b, "digraph %s {\n", dotText(p.title()))
	d.b.WriteString("  compound=true\n  node [shape=box, style=rounded, fontname=\"Helvetica\"]\n  edge [fontname=\"Helvetica\", fontsize=10]\n  graph [fontname=\"Helvetica\", style=rounded]\n")
	d.scope(&p, "", "  ")
	for _, e := range p.Edges {
		d.edge(&p, e)
	}
	d.b.WriteString("}\n")
	return d.b.String()
}

type dot struct {
	b        strings.Builder
	children map[string][]Node // by the id of the container
	byID     map[string]Node
}

func (d *dot) scope(p *Picture, parent, indent string) {
	for _, n := range d.children[parent] {
		label := n.Name
		if s, ok := p.Statuses[n.ID]; ok {
			label += "\n" + s.text()
		} else if n.Label != "" {
			label += "\n" + n.Label
		}
		attributes := "label=" + dotText(label)
		if c, ok := dotColours[p.Statuses[n.ID].Word]; ok {
			attributes += ", color=" + dotText(c) + ", penwidth=2"
		}
		switch {
		case n.Kind == StartNode || n.Kind == EndNode:
			fmt.Fprintf(&d.b, "%s%s [%s, shape=oval]\n", indent, dotText(n.ID), attributes)
		case n.Kind == ContainerNode && len(d.children[n.ID]) > 0:
			fmt.Fprintf(&d.b, "%ssubgraph %s {\n%s  %s\n", indent, dotText("cluster"+n.ID), indent, strings.ReplaceAll(attributes, ", ", "; "))
			d.scope(p, n.ID, indent+"  ")
			d.b.WriteString(indent + "}\n")
		default:
			if n.Type == "Choice" {
				attributes += ", shape=diamond, style=solid"
			}
			fmt.Fprintf(&d.b, "%s%s [%s]\n", indent, dotText(n.ID), attributes)
		}
	}
}

var dotColours = map[string]string{succeeded: "#1b7a2f", running: "#0b62c4", failed: "#c22b1f", timedOut: "#c22b1f", caughtIt: "#8a5a00", aborted: "#5c6878"}

// edge writes one. Graphviz leads none to a cluster: it leads to a state in it, and is cut off at the border.
func (d *dot) edge(p *Picture, e Edge) {
	from, tail := d.leaf(e.From)
	to, head := d.leaf(e.To)
	var attributes []string
	if e.Label != "" {
		attributes = append(attributes, "label="+dotText(e.Label))
	}
	if tail != "" {
		attributes = append(attributes, "ltail="+dotText(tail))
	}
	if head != "" {
		attributes = append(attributes, "lhead="+dotText(head))
	}
	if e.Kind == CatchEdge {
		attributes = append(attributes, "style=dashed")
	}
	if p.Taken[e.ID] {
		attributes = append(attributes, "penwidth=2")
	}
	fmt.Fprintf(&d.b, "  %s -> %s", dotText(from), dotText(to))
	if len(attributes) > 0 {
		d.b.WriteString(" [" + strings.Join(attributes, ", ") + "]")
	}
	d.b.WriteByte('\n')
}

// leaf is a node, or the first state in a container, and the cluster of that.
func (d *dot) leaf(id string) (node, cluster string) {
	node = id
	for len(d.children[node]) > 0 {
		node = d.children[node][0].ID
		cluster = "cluster" + id
	}
	return node, cluster
}

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "")

func dotText(s string) string { return `"` + dotEscapes.Replace(s) + `"` }
