import { CodedError } from '@minewarden/protocol/errors.ts'

/** Codes of this package, each with its HTTP status and what it means; `docs/errors.md` lists exactly these. */
export const CLOUD_ERRORS = {
  'config-invalid': [500, 'The fleet manager configuration does not fit its schema; the message names every field'],
  'request-invalid': [400, 'An HTTP request whose path, query or body does not fit its schema'],
  'not-signed-in': [401, 'The request needs a session'],
  'not-allowed': [403, 'The signed-in user may not do this'],
  'not-found': [404, 'No such site, order or page'],
  'gateway-offline': [409, 'The gateway is not connected; nothing was asked of it'],
  'no-picture': [409, 'The probe is not there or gives no pictures; nothing was asked of it'],
  'order-conflict': [409, 'The order is not in a state that allows this'],
  'replay-busy': [409, 'One replay of kept readings runs already; one runs at a time'],
  'proof-refused': [
    403,
    'The proof that came with an approval or another step does not hold, or is of a kind not taken',
  ],
  'proof-conflict': [409, 'The person has as many proofs of this kind as are kept'],
  'standing-unlawful': [422, 'A standing authorisation that the rules refuse, whoever asks'],
  'standing-conflict': [409, 'The standing authorisation is not in a state that allows this'],
  'answer-untrusted': [401, 'A supplier answer whose signature, key or supplier does not verify'],
  'order-unsafe': [422, 'A gate refuses the order, whoever asks'],
  'cross-site': [403, 'A request that changes something did not come from our own pages'],
  'request-too-large': [413, 'The body of the request is over its limit'],
  'request-unsupported': [415, 'The content type is not one that this address takes'],
  'too-many-attempts': [429, 'One address has tried too often; wait a minute'],
  'port-busy': [500, 'Another program listens on the port that was asked for'],
  'broker-unavailable': [500, 'The MQTT broker cannot be started or reached'],
  'data-unusable': [500, 'The data folder, or the file of records in it, cannot be made, opened or written'],
  'journal-unusable': [500, 'The ingest journal cannot be opened or written'],
  'history-unusable': [500, 'The history file cannot be opened or written'],
  'history-unreachable': [503, 'The time-series database does not answer; what it has not got waits in the journal'],
  'history-refused': [503, 'The time-series database refuses our account, or what was asked of it'],
  'probes-unusable': [500, 'The file of probes and pictures cannot be opened or written'],
  'findings-unusable': [500, 'The file of findings and detector checkpoints cannot be opened or written'],
  internal: [500, 'Our own failure; the log has the cause'],
  overloaded: [503, 'As many live pages are open as the server allows'],
} as const satisfies Record<string, readonly [number, string]>
export type CloudErrorCode = keyof typeof CLOUD_ERRORS

export class CloudError extends CodedError<CloudErrorCode> {
  override readonly name = 'CloudError'
}
