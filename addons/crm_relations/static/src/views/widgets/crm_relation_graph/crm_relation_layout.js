/**
 * Where the parties of a picture of relations stand: the one in question in the middle, its neighbours on an ellipse
 * around it, their neighbours on a wider one behind the party that leads to them.
 */

const MARGIN_X = 56;
const MARGIN_Y = 34;
const ROW = 34;
/** A line is level below this height; a letter of a label is so wide. */
const LEVEL = 36;
const LETTER = 5.5;
const NARROW = 480;

/** Neighbours of distance 2 sorted behind their party of distance 1, with the angle that each may use. */
function angles(nodes, edges) {
    const inner = nodes.filter((node) => node.hop === 1);
    const outer = nodes.filter((node) => node.hop === 2);
    const parents = new Map();
    for (const node of outer) {
        const edge = edges.find(
            ({ source, target }) =>
                (target === node.id && inner.some(({ id }) => id === source)) ||
                (source === node.id && inner.some(({ id }) => id === target))
        );
        parents.set(node.id, edge && (edge.target === node.id ? edge.source : edge.target));
    }
    const result = new Map();
    const weights = inner.map((node) => Math.max(1, outer.filter(({ id }) => parents.get(id) === node.id).length));
    const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
    let start = -Math.PI / 2 - (weights[0] || 0) * (Math.PI / total);
    inner.forEach((node, index) => {
        const width = (weights[index] / total) * 2 * Math.PI;
        result.set(node.id, start + width / 2);
        const children = outer.filter(({ id }) => parents.get(id) === node.id);
        children.forEach((child, position) => {
            result.set(child.id, start + (width * (position + 0.5)) / children.length);
        });
        start += width;
    });
    return result;
}

/** A name that fits into a number of characters. */
export function shorten(text, length) {
    return text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text;
}

/**
 * @param {{nodes: Object[], edges: Object[]}} graph as the server gives it
 * @param {number} width room in CSS pixels
 * @returns {{width: number, height: number, nodes: Object[], edges: Object[]}} the same with `x` and `y`
 */
export function layout({ nodes, edges }, width) {
    const byAngle = angles(nodes, edges);
    const inner = nodes.filter((node) => node.hop === 1).length;
    const outer = nodes.filter((node) => node.hop === 2).length;
    const narrow = width < NARROW;
    const crowd = Math.max(inner, outer / 1.6);
    const radiusX = Math.max(40, Math.min(width / 2 - MARGIN_X, 420));
    const radiusY = Math.max(outer ? 170 : 95, (crowd * ROW) / (narrow ? 1.8 : 3));
    const height = Math.round(2 * (radiusY + MARGIN_Y));
    const center = { x: width / 2, y: height / 2 };
    const placed = new Map();
    for (const node of nodes) {
        const angle = byAngle.get(node.id);
        const share = node.hop === 0 ? 0 : node.hop === 1 && outer ? 0.56 : 1;
        placed.set(node.id, {
            ...node,
            short: shorten(node.name, narrow ? 15 : 24),
            x: Math.round(center.x + (angle === undefined ? 0 : Math.cos(angle) * radiusX * share)),
            y: Math.round(center.y + (angle === undefined ? 0 : Math.sin(angle) * radiusY * share)),
        });
    }
    const repeated = new Map();
    const lines = edges
        .filter(({ source, target }) => placed.has(source) && placed.has(target))
        .map((edge) => {
            const from = placed.get(edge.source);
            const to = placed.get(edge.target);
            // several relations between the same two: their words stand below each other
            const pair = [edge.source, edge.target].sort((a, b) => a - b).join("-");
            const nth = repeated.get(pair) || 0;
            repeated.set(pair, nth + 1);
            const short = shorten(edge.label, narrow ? 18 : 28);
            // words on a level line would lie over its ends when it is too short for them
            const fits =
                Math.abs(to.y - from.y) > LEVEL || Math.abs(to.x - from.x) - LEVEL > short.length * LETTER;
            return {
                ...edge,
                short,
                title: `${from.name} ${edge.label} ${to.name}`,
                worded: fits && nodes.length <= (narrow ? 8 : 14),
                x1: from.x,
                y1: from.y,
                x2: to.x,
                y2: to.y,
                x: Math.round(from.x + (to.x - from.x) * 0.52),
                y: Math.round(from.y + (to.y - from.y) * 0.52) + nth * 13,
            };
        });
    return { width, height, nodes: [...placed.values()], edges: lines };
}
