/** A selector `[!][LL]CCC[.T]` as `SELECT` has it; null for what is none. @see SeisComP documentation, seedlink */
export interface Selector {
  readonly negative: boolean
  readonly pattern: RegExp
}

export function parseSelector(text: string): Selector | null {
  const match = /^(!?)(?:([A-Z0-9?-]{2})?:?([A-Z0-9?]{3}))?(?:\.?([DECOTL]))?$/.exec(text)
  if (!match || text === '' || text === '!') return null
  const [, not, location = '??', channel = '???', type = 'D'] = match
  if (type !== 'D') return { negative: not === '!', pattern: /^$/ }
  const pattern = `${location}${channel}`.replaceAll('?', '.').replaceAll('-', ' ')
  return { negative: not === '!', pattern: new RegExp(`^${pattern}$`) }
}

/** True when a packet of this stream is to be sent: any positive selector (or none is there), and no negative one. */
export function selects(selectors: readonly Selector[], location: string, channel: string): boolean {
  const name = `${location.padEnd(2)}${channel}`
  const positive = selectors.filter(({ negative }) => !negative)
  if (selectors.some(({ negative, pattern }) => negative && pattern.test(name))) return false
  return positive.length === 0 || positive.some(({ pattern }) => pattern.test(name))
}
