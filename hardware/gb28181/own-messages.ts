/** The platform's own requests: written, sent, and repeated until they are answered or given up. */
import type { Millis } from '@minewarden/protocol/time.ts'
import { branchOf } from './answer.ts'
import { hostPort, type Peer } from './peer.ts'
import { type SipHeader, type SipRequest, type SipResponse, serialise } from './sip/message.ts'
import { OwnRequests } from './sip/transactions.ts'
import { token } from './token.ts'

export interface OwnMessagesOptions {
  readonly platform: string
  readonly realm: string
  readonly send: (peer: Peer, bytes: Uint8Array) => boolean
}

export class OwnMessages {
  readonly #options: OwnMessagesOptions
  readonly #requests = new OwnRequests<Peer>()

  constructor(options: OwnMessagesOptions) {
    this.#options = options
  }

  /** Sends a document to a device, about itself or one of its channels. */
  say(peer: Peer, about: string, body: Uint8Array, now: Millis): void {
    const { platform, realm, send } = this.#options
    const branch = `z9hG4bK${token()}`
    const own = hostPort(peer.localHost, peer.localPort)
    const headers: SipHeader[] = [
      ['via', `SIP/2.0/${peer.transport} ${own};rport;branch=${branch}`],
      ['from', `<sip:${platform}@${realm}>;tag=${token()}`],
      ['to', `<sip:${about}@${realm}>`],
      ['call-id', `${token()}@${peer.localHost}`],
      ['cseq', '1 MESSAGE'],
      ['max-forwards', '70'],
      ['content-type', 'Application/MANSCDP+xml'],
    ]
    const uri = `sip:${about}@${hostPort(peer.host, peer.port)}`
    const request: SipRequest = { kind: 'request', method: 'MESSAGE', uri, headers, body }
    const bytes = serialise(request)
    if (this.#requests.begin(branch, peer, bytes, peer.transport === 'TCP', now)) send(peer, bytes)
  }

  answered(response: SipResponse, now: Millis): void {
    this.#requests.answered(branchOf(response), response.status, now)
  }

  /** Repeats what is due. @returns how many were given up */
  repeat(now: Millis): number {
    const { again, givenUp } = this.#requests.due(now)
    for (const { peer, bytes } of again) this.#options.send(peer, bytes)
    return givenUp.length
  }
}
