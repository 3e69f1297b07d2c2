/**
 * What a session description says of a camera's streams: which media there are and how they are coded. Pure and bounded.
 * @see RFC 8866 section 5
 */
export interface SdpMedia {
  /** `video`, `audio`, `application`. */
  readonly type: string
  /** Of the first format that is named: `H264`, `H265`, `JPEG`; `null`: not said. */
  readonly codec: string | null
}

export type SdpResult =
  | { readonly kind: 'description'; readonly name: string; readonly media: readonly SdpMedia[] }
  | { readonly kind: 'bad'; readonly reason: string }

export const MAX_SDP_CHARACTERS = 65_536
const MAX_LINES = 1_024
const MAX_MEDIA = 32
const MAX_NAME = 64
const LINE = /^([a-z])=(.*)$/
const MEDIA = /^([A-Za-z]{1,32}) \d{1,5}(?:\/\d{1,5})? [\w/]{1,32}(?: ([\w.-]{1,32}))?/
const CODING = /^rtpmap:([\w.-]{1,32}) ([\w.-]{1,32})\//

/** Formats that need no `rtpmap`. @see RFC 3551 table 5 */
const STATIC_CODECS: { readonly [format: string]: string } = { '0': 'PCMU', '8': 'PCMA', '26': 'JPEG' }

/** Reads a whole description. Never throws. */
export function parseSdp(text: string): SdpResult {
  if (text.length > MAX_SDP_CHARACTERS) return bad('too long')
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
  if (lines.length > MAX_LINES) return bad('too many lines')
  if (!lines[0]?.startsWith('v=0')) return bad('does not begin with v=0')
  const media: { readonly type: string; readonly format: string; codec: string | null }[] = []
  let name = ''
  for (const line of lines) {
    const [, key, value = ''] = LINE.exec(line) ?? []
    if (key === undefined) return bad('a line without a key')
    if (key === 's') name = value.slice(0, MAX_NAME)
    else if (key === 'm') {
      const [, type, format = ''] = MEDIA.exec(value) ?? []
      if (type === undefined) return bad('media that cannot be read')
      if (media.length >= MAX_MEDIA) return bad('too many media')
      media.push({ type, format, codec: STATIC_CODECS[format] ?? null })
    } else if (key === 'a') {
      const current = media.at(-1)
      const [, format, codec] = CODING.exec(value) ?? []
      if (current && format === current.format && codec !== undefined) current.codec = codec
    }
  }
  return { kind: 'description', name, media: media.map(({ type, codec }) => ({ type, codec })) }
}

const bad = (reason: string): SdpResult => ({ kind: 'bad', reason })
