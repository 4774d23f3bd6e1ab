// Weights of Sphinx's search: a claim comes before the page that has it, and the one asked for before all others.
var Scorer = {
    score: ([, title, , , score, , kind]) => {
        const asked = (new URLSearchParams(location.search).get("q") || "").trim().toLowerCase();
        const exact = asked && title.toLowerCase().startsWith(`${asked} `);
        return score + (kind === "object" ? 100 : 0) + (exact ? 200 : 0);
    },
    objNameMatch: 11,
    objPartialMatch: 6,
    objPrio: { 0: 15, 1: 5, 2: -5 },
    objPrioDefault: 0,
    title: 15,
    partialTitle: 7,
    term: 5,
    partialTerm: 2,
};
