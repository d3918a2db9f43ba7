import { layout } from "@crm_relations/views/widgets/crm_relation_graph/crm_relation_layout";
import { describe, expect, test } from "@odoo/hoot";

describe.current.tags("headless");

const party = (id, hop, name = `Party ${id}`) => ({ id, hop, name, company: true });
const relation = (id, source, target, label = "has decisions made by") => ({ id, source, target, label });
const LONG = "Gradskabibliotekazrenjaninnabegeju";

test("names are shortened and are not cut at the edge of the picture", () => {
    const graph = {
        nodes: [party(1, 0), party(2, 1, LONG), party(3, 1, LONG), party(4, 2, LONG), party(5, 2, LONG)],
        edges: [relation(1, 1, 2), relation(2, 1, 3), relation(3, 2, 4), relation(4, 3, 5)],
    };
    for (const [width, letters] of [
        [350, 15],
        [800, 24],
    ]) {
        for (const node of layout(graph, width).nodes.slice(1)) {
            expect(node.short.length).toBe(letters);
            expect(node.x - letters * 3.3).toBeGreaterThan(0);
            expect(node.x + letters * 3.3).toBeLessThan(width);
        }
    }
});

test("words of a line stand beside the names, or not at all", () => {
    const graph = {
        nodes: [party(1, 0, LONG), party(2, 1, LONG), party(3, 2, LONG)],
        edges: [relation(1, 1, 2), relation(2, 2, 3)],
    };
    // one above the other: 95 pixels between the parties leave room for one line of words below a name
    const drawn = layout(graph, 800);
    const [center, near, far] = drawn.nodes;
    expect([center.y > near.y, near.y > far.y]).toEqual([true, true]);
    for (const [edge, upper, lower] of [
        [drawn.edges[0], near, center],
        [drawn.edges[1], far, near],
    ]) {
        expect(edge.worded).toBe(true);
        expect(edge.y - 10).toBeGreaterThan(upper.y + 29);
        expect(edge.y + 2).toBeLessThan(lower.y - 12);
    }
});

test("words of a line that rises a little stand above the name", () => {
    const graph = {
        nodes: [1, 2, 3, 4, 5, 6].map((id) => party(id, id > 1 ? 1 : 0)),
        edges: [2, 3, 4, 5, 6].map((id) => relation(id, 1, id)),
    };
    expect(layout(graph, 800).edges.map((edge) => edge.worded)).toEqual([true, true, true, true, true]);
});

test("several relations between the same two have their words below each other", () => {
    const graph = { nodes: [party(1, 0), party(2, 1)], edges: [relation(1, 1, 2, "a"), relation(2, 2, 1, "b")] };
    const { edges } = layout(graph, 800);
    expect(edges.map((edge) => edge.worded)).toEqual([true, true]);
    expect(edges.map((edge) => edge.y)).toEqual([80, 96]);
});
