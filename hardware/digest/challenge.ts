/**
 * The challenges of a `WWW-Authenticate` header, as HTTP and RTSP servers send them. Every byte may come from an attacker:
 * length, challenges and parameters have ceilings.
 * @see RFC 7235 section 4.1, RFC 7616 section 3.3
 */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string
  /** Names in lower case; values as they came, without their quotes and escapes. */
  readonly parameters: ReadonlyMap<string, string>
}

const MAX_CHARACTERS = 4_096
const MAX_CHALLENGES = 8
const MAX_PARAMETERS = 16

const SEPARATOR = /[\s,]*/y
const PARAMETER = /([\w!#$%&'*+.^`|~-]{1,64})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",=]+=*))/y
const SCHEME = /([A-Za-z][\w-]{0,31})(?=[\s,]|$)/y

/** All that can be read of the values, one a header line; what is damaged ends the line's reading. Never throws. */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.slice(0, MAX_CHALLENGES).flatMap(parseLine).slice(0, MAX_CHALLENGES)
}

function parseLine(line: string): Challenge[] {
  const found: { readonly scheme: string; readonly parameters: Map<string, string> }[] = []
  if (line.length > MAX_CHARACTERS) return found
  for (let at = 0; at < line.length; ) {
    at += matchAt(SEPARATOR, line, at)?.[0].length ?? 0
    const parameter = found.length > 0 ? matchAt(PARAMETER, line, at) : null
    const scheme = parameter ? null : matchAt(SCHEME, line, at)
    const match = parameter ?? scheme
    if (!match) break
    at += match[0].length
    if (scheme) found.push({ scheme: scheme[1]!.toLowerCase(), parameters: new Map() })
    else if (parameter) remember(found.at(-1)!.parameters, parameter)
  }
  return found
}

function remember(parameters: Map<string, string>, [, name, quoted, plain]: RegExpExecArray): void {
  const key = name!.toLowerCase()
  // The first counts: who could append a second must not change what was asked.
  if (parameters.has(key) || parameters.size >= MAX_PARAMETERS) return
  parameters.set(key, quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'))
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
