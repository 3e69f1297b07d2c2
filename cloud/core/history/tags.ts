/**
 * What points are told apart by. Each value of a tag is one of a closed or registered list, so that the number of series
 * is bounded and can be computed before anything is written (`cardinality.ts`).
 */
export const TAGS = {
  county: 'code of GB/T 2260, 6 digits; of the configured sites',
  township: 'code of 9 or 12 digits; absent where the site has none on file',
  site: 'a configured site',
  gateway: 'a configured gateway',
  sensor: 'a sensor of a gateway: the registered ones, and a bounded number of others',
  channel: 'a SEED channel code of a sensor, such as `HHZ`; a bounded number a sensor',
  onPhase: '`A`, `B`, `C` or `other`',
  period: 'seconds of a summary: `60`, `900` or `other`',
  supplier: 'a configured power company',
  orderState: 'the state that an order came to; `other`: a line of its story that is no change of state',
  scope: '`all`, `county`, `township` or `area`: what probes are counted over',
  code: 'of the scope: a county, a township, `key`, `general`; `all` of everything',
  host: 'the fleet manager, by its `hostId`',
} as const
export type TagName = keyof typeof TAGS
