/**
 * Just enough XML for what devices say (SeedLink, GB/T 28181), and no more: elements with attributes and text, one root.
 * A document type and CDATA are refused: entities that unfold into gigabytes live there.
 * Every byte may come from an attacker: size, depth and the number of elements have ceilings.
 */
export interface XmlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** What stands directly in it, without the blanks around; empty for a mere container. */
  readonly text: string
}

export type XmlResult =
  | { readonly kind: 'document'; readonly root: XmlElement }
  | { readonly kind: 'bad'; readonly reason: string }

export const MAX_XML_CHARACTERS = 4 * 1024 * 1024
const MAX_ELEMENTS = 50_000
const MAX_DEPTH = 16
const MAX_ATTRIBUTES = 96

const OPEN =
  /<([A-Za-z_][\w.:-]{0,63})((?:\s+[A-Za-z_][\w.:-]{0,63}\s*=\s*(?:"[^"<]{0,4096}"|'[^'<]{0,4096}'))*)\s*(\/?)>/y
const CLOSE = /<\/([A-Za-z_][\w.:-]{0,63})\s*>/y
const SKIPPED = /<\?[^<>]{0,1024}\?>|<!--(?:(?!--)[\s\S]){0,65536}-->|[^<]+/y
const BLANK = /^\s*$/
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const NAMED: { readonly [name: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

interface Building {
  readonly name: string
  readonly attributes: Map<string, string>
  readonly children: XmlElement[]
  text: string
}

/** Reads a whole document. Never throws for what it reads. */
export function parseXml(text: string): XmlResult {
  if (text.length > MAX_XML_CHARACTERS) return bad('too long')
  const open: Building[] = []
  let root: XmlElement | null = null
  let elements = 0
  for (let at = 0; at < text.length; ) {
    const start = matchAt(OPEN, text, at)
    const end = start ? null : matchAt(CLOSE, text, at)
    const skipped = start || end ? null : matchAt(SKIPPED, text, at)
    const match = start ?? end ?? skipped
    if (!match) return bad(`no XML at character ${at}`)
    at += match[0].length
    if (start) {
      if (root) return bad('a second root')
      if (++elements > MAX_ELEMENTS || open.length >= MAX_DEPTH) return bad('too many elements')
      const element = { name: start[1]!, attributes: attributesOf(start[2]!), children: [], text: '' }
      open.at(-1)?.children.push(element)
      if (start[3] !== '/') open.push(element)
      else if (open.length === 0) root = element
    } else if (end) {
      const closed = open.pop()
      if (!closed || closed.name !== end[1]) return bad(`</${end[1]}> without its beginning`)
      closed.text = plain(closed.text).trim()
      if (open.length === 0) root = closed
    } else {
      const inside = open.at(-1)
      if (inside && !match[0].startsWith('<') && !BLANK.test(match[0])) inside.text += match[0]
    }
  }
  return root && open.length === 0 ? { kind: 'document', root } : bad('cut off')
}

const bad = (reason: string): XmlResult => ({ kind: 'bad', reason })

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>()
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    if (attributes.size < MAX_ATTRIBUTES) attributes.set(name!, plain(double ?? single ?? ''))
  }
  return attributes
}

const plain = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? whole
    const point = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
