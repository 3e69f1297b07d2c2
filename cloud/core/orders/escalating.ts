/**
 * What happens to an order that people must be called for: lines of its story by their `what`. An order that goes its
 * way calls nobody.
 */
export const ESCALATING: ReadonlySet<string> = new Set([
  'refused',
  'undeliverable',
  'point-failed',
  'point-not-shown',
  'executed-without-permission',
  'ineffective',
  'answer-noted',
  'seen-generator',
  'seen-self-reconnection',
  'seen-borrowed-supply',
  'seen-re-supply',
  'seen-bypass',
])
