/**
 * Where the parties of a picture of relations stand: the one in question in the middle, its neighbours on an ellipse
 * around it, their neighbours on a wider one behind the party that leads to them.
 */

const MARGIN_Y = 34;
const ROW = 34;
const NARROW = 480;
/** Half of the longest name, so that it is not cut at the edge: names are shortened to so many letters. */
const NAME_LETTERS = { narrow: 15, wide: 24 };
const MARGIN_X = { narrow: 56, wide: 84 };
/** A letter of a name, of the words on a line; half a symbol; where the name ends below the symbol; height of words. */
const NAME_LETTER = 6.6;
const WORD_LETTER = 5.5;
const SYMBOL = 13;
const NAME_BOTTOM = 30;
const WORD_HEIGHT = 12;
/** Where on a line its words may stand, best first. */
const PLACES = [0.52, 0.6, 0.44, 0.68, 0.36];

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

/** What a party covers: its symbol and the name below it. */
function nodeBoxes({ x, y, short }) {
    const half = (short.length * NAME_LETTER) / 2;
    return [
        { left: x - SYMBOL, right: x + SYMBOL, top: y - SYMBOL, bottom: y + SYMBOL },
        { left: x - half, right: x + half, top: y + SYMBOL, bottom: y + NAME_BOTTOM },
    ];
}

/** The place on a line where its words lie over no party and over no other words, if there is one. */
function wordsPlace(from, to, text, taken, nth) {
    const half = (text.length * WORD_LETTER) / 2;
    for (const share of PLACES) {
        const x = Math.round(from.x + (to.x - from.x) * share);
        const y = Math.round(from.y + (to.y - from.y) * share) + nth * (WORD_HEIGHT + 1);
        const box = { left: x - half, right: x + half, top: y - WORD_HEIGHT + 2, bottom: y + 2 };
        const free = taken.every(
            (other) =>
                box.right <= other.left || box.left >= other.right || box.bottom <= other.top || box.top >= other.bottom
        );
        if (free) {
            return { x, y, box };
        }
    }
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
    const radiusX = Math.max(40, Math.min(width / 2 - (narrow ? MARGIN_X.narrow : MARGIN_X.wide), 420));
    const radiusY = Math.max(outer ? 170 : 95, (crowd * ROW) / (narrow ? 1.8 : 3));
    const height = Math.round(2 * (radiusY + MARGIN_Y));
    const center = { x: width / 2, y: height / 2 };
    const placed = new Map();
    for (const node of nodes) {
        const angle = byAngle.get(node.id);
        const share = node.hop === 0 ? 0 : node.hop === 1 && outer ? 0.56 : 1;
        placed.set(node.id, {
            ...node,
            short: shorten(node.name, narrow ? NAME_LETTERS.narrow : NAME_LETTERS.wide),
            x: Math.round(center.x + (angle === undefined ? 0 : Math.cos(angle) * radiusX * share)),
            y: Math.round(center.y + (angle === undefined ? 0 : Math.sin(angle) * radiusY * share)),
        });
    }
    const worded = nodes.length <= (narrow ? 8 : 14);
    const taken = [...placed.values()].flatMap(nodeBoxes);
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
            const place = worded && wordsPlace(from, to, short, taken, nth);
            if (place) {
                taken.push(place.box);
            }
            return {
                ...edge,
                short,
                title: `${from.name} ${edge.label} ${to.name}`,
                worded: Boolean(place),
                x1: from.x,
                y1: from.y,
                x2: to.x,
                y2: to.y,
                x: place?.x,
                y: place?.y,
            };
        });
    return { width, height, nodes: [...placed.values()], edges: lines };
}
