// Kinds and outcomes: their words, signs and colours. The sign says the same as the colour.
import { h } from "./dom.js";

export const KINDS = ["tool", "prompt", "flow"];
export const OUTCOMES = ["ok", "running", "cancelled", "interrupted", "failed", "panicked"];
const KIND_SIGNS = { tool: "ƒ", prompt: "✦", flow: "⌥" };
const OUTCOME_SIGNS = { ok: "✓", running: "●", cancelled: "⊘", interrupted: "⚡", failed: "✕", panicked: "!" };
const MEANINGS = {
  ok: "it returned",
  running: "it has not ended yet",
  cancelled: "its future was dropped before it was ready: a timeout, a select, an abort",
  interrupted: "its process is gone, and it never ended",
  failed: "it returned an Err",
  panicked: "it panicked",
};

/** Whether something went wrong; the number or the word of an outcome. */
export function isBad(outcome) {
  return (typeof outcome === "number" ? outcome : OUTCOMES.indexOf(outcome)) >= 2;
}

export function kindSign(kind) {
  return h("span", { class: `kind ${kind}`, title: kind, "aria-label": kind, role: "img" }, KIND_SIGNS[kind]);
}

export function outcomeSign(outcome, below) {
  const text = below ? `${outcome} below` : outcome;
  const sign = below ? "○" : OUTCOME_SIGNS[outcome];
  return h("span", { class: `outcome ${outcome}${below ? " below" : ""}`, title: `${text}: ${MEANINGS[outcome]}`, "aria-label": text, role: "img" }, sign);
}

/** Sign and word. */
export function outcomeBadge(outcome) {
  return h("span", { class: `badge ${outcome}`, title: MEANINGS[outcome] }, `${OUTCOME_SIGNS[outcome]} ${outcome}`);
}
