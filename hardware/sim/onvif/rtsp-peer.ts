/** The RTSP side of a simulated camera: what one connection answers, without a wire. @see RFC 2326 */
import { randomBytes } from 'node:crypto'
import { type Account, challengeOf, provesByDigest } from './proof.ts'

export interface RtspFaults {
  readonly stream?: 'not-found' | 'busy' | 'no-video' | 'garbage' | 'huge-head' | 'bad-sdp' | 'hang' | 'hang-up'
}

export interface RtspOptions {
  readonly account: Account | null
  readonly faults: RtspFaults
}

const SDP =
  'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=Media Server\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=control:track1\r\nm=audio 0 RTP/AVP 8\r\na=control:track2\r\n'
const AUDIO = 'v=0\r\ns=audio\r\nm=audio 0 RTP/AVP 8\r\n'

/** One connection. */
export class RtspPeer {
  readonly #options: () => RtspOptions
  readonly #nonce = randomBytes(8).toString('hex')
  #text = ''

  constructor(options: () => RtspOptions) {
    this.#options = options
  }

  /** What it sends back; `null`: it hangs up. */
  receive(text: string): string | null {
    this.#text += text
    let answers = ''
    for (;;) {
      const end = this.#text.indexOf('\r\n\r\n')
      if (end < 0) return answers
      const answer = this.#answer(this.#text.slice(0, end))
      this.#text = this.#text.slice(end + 4)
      if (answer === null) return null
      answers += answer
    }
  }

  #answer(request: string): string | null {
    const { account, faults } = this.#options()
    const [method = '', uri = ''] = request.split(' ')
    const cseq = /\r\nCSeq: *(\d+)/i.exec(request)?.[1] ?? '0'
    const answer = (status: string, headers: string, body = '') =>
      `RTSP/1.0 ${status}\r\nCSeq: ${cseq}\r\n${headers}${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`
    if (faults.stream === 'hang') return ''
    if (faults.stream === 'hang-up') return null
    if (faults.stream === 'garbage') return 'HTTP/1.0 400 Bad Request\r\n\r\n<html></html>'
    if (faults.stream === 'huge-head') return `RTSP/1.0 200 OK\r\n${'X-Filler: 0123456789\r\n'.repeat(20_000)}`
    if (method === 'OPTIONS') return answer('200 OK', 'Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n')
    const authorisation = /\r\nAuthorization: *([^\r]*)/i.exec(request)?.[1] ?? ''
    if (account && !provesByDigest(authorisation, method, this.#nonce, account))
      return answer('401 Unauthorized', `WWW-Authenticate: ${challengeOf('rtsp', this.#nonce)}\r\n`)
    if (faults.stream === 'not-found') return answer('404 Stream Not Found', '')
    if (faults.stream === 'busy') return answer('453 Not Enough Bandwidth', '')
    const sdp = faults.stream === 'no-video' ? AUDIO : faults.stream === 'bad-sdp' ? 'hello' : SDP
    return answer('200 OK', `Content-Base: ${uri}/\r\nContent-Type: application/sdp\r\n`, sdp)
  }
}
