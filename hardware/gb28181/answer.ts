import type { Peer } from './peer.ts'
import { type Address, answeredVia, parseAddress, parseCSeq, parseVia, type Via } from './sip/fields.ts'
import { header, NO_BODY, type SipHeader, type SipMessage, type SipRequest, type SipResponse } from './sip/message.ts'

/** A request whose headers are all there and sound. */
export interface Asked {
  readonly request: SipRequest
  readonly peer: Peer
  readonly via: Via
  readonly from: Address
  readonly to: Address
  /** What makes two requests the same one. */
  readonly transaction: string
}

/** Every request must have these. `null`: it cannot even be answered. @see RFC 3261 sections 8.1.1, 17.2.3 */
export function understand(request: SipRequest, peer: Peer): Asked | null {
  const via = parseVia(header(request, 'via') ?? '')
  const from = parseAddress(header(request, 'from') ?? '')
  const to = parseAddress(header(request, 'to') ?? '')
  const cseq = parseCSeq(header(request, 'cseq') ?? '')
  const callId = header(request, 'call-id')
  if (!via || !from || !to || !cseq || !callId || cseq.method !== request.method) return null
  const own = via.branch.startsWith('z9hG4bK') ? via.branch : `${callId} ${cseq.number} ${from.tag} ${via.branch}`
  const transaction = `${peer.transport} ${peer.host} ${via.host}:${via.port} ${request.method} ${own}`
  return { request, peer, via, from, to, transaction }
}

const REASONS: { readonly [status: number]: string } = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  415: 'Unsupported Media Type',
}

/** @param tag that of our side, when the request brought none */
export function answerTo(asked: Asked, status: number, tag: string, more: readonly SipHeader[] = []): SipResponse {
  const { request, peer, via, to } = asked
  const vias = request.headers.filter(([name]) => name === 'via').map(([, value]) => value)
  const headers: SipHeader[] = [
    ['via', answeredVia(via, peer.host, peer.port)],
    ...vias.slice(1).map((value): SipHeader => ['via', value]),
    ['from', header(request, 'from') ?? ''],
    ['to', `${header(request, 'to') ?? ''}${to.tag === null ? `;tag=${tag}` : ''}`],
    ['call-id', header(request, 'call-id') ?? ''],
    ['cseq', header(request, 'cseq') ?? ''],
    ...more,
  ]
  return { kind: 'response', status, reason: REASONS[status] ?? '', headers, body: NO_BODY }
}

/** Where an answer to a request over UDP goes. @see RFC 3581 section 4, RFC 3261 section 18.2.2 */
export const replyPeer = ({ peer, via }: Asked): Peer =>
  peer.transport === 'TCP' || via.hasRport ? peer : { ...peer, port: via.port ?? 5060 }

/** The branch of our own request that a response answers. */
export const branchOf = (response: SipMessage): string => parseVia(header(response, 'via') ?? '')?.branch ?? ''
