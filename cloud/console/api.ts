import type { GivenProof, ProofQuestion } from '../core/proof-question.ts'
import type { SiteParameters } from '../core/tuning/site-parameters.ts'
import type { FindingDocument, MeDocument, OrderDocument, TraceDocument } from '../http/documents.ts'
import type { ErrorDocument } from '../http/error-reply.ts'
import type { EvidenceDocument, WaveformDocument } from '../http/evidence-routes.ts'
import type { FalseAlarmsDocument } from '../http/feedback-routes.ts'
import type { MarkDocument } from '../http/mark-document.ts'
import type { PictureDocument, ProbesDocument } from '../http/probe-documents.ts'
import type { PasskeyDocument, ProofsDocument } from '../http/proofs-routes.ts'
import type { StandingDocument } from '../http/standing-routes.ts'
import type { ParametersDocument, ParameterVersionDocument, ReplayDocument } from '../http/tuning-documents.ts'

/** An answer that is not a success; `code` is one of the server's codes, or `unreachable`. */
export class ApiError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Longer than any answer takes. */
const TIMEOUT_MS = 20_000

async function call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) }
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const response = await fetch(path, init).catch((cause: unknown) => {
    throw new ApiError('unreachable', String(cause))
  })
  if (response.status === 204) return undefined as T
  const answer: unknown = await response.json().catch(() => null)
  if (response.ok) return answer as T
  const error = (answer as ErrorDocument | null)?.error
  throw new ApiError(error?.code ?? 'internal', error?.message ?? `HTTP ${response.status}`)
}

const probePath = (gateway: string, sensor: string) =>
  `/api/v1/probes/${encodeURIComponent(gateway)}/${encodeURIComponent(sensor)}`
const picturesPath = (gateway: string, sensor: string) => `${probePath(gateway, sensor)}/pictures`
const sitePath = (id: string) => `/api/v1/sites/${encodeURIComponent(id)}`
const personPath = (id: string) => `/api/v1/people/${encodeURIComponent(id)}`
const standingPath = (id: string) => `/api/v1/standings/${encodeURIComponent(id)}`
const orderPath = (id: string) => `/api/v1/orders/${encodeURIComponent(id)}`

/** What a trace is asked by; times in milliseconds. */
export interface TraceQuestion {
  readonly site: string
  readonly gateway: string
  readonly sensor: string
  readonly kind: string
  readonly fields: readonly string[]
  readonly fromMs: number
  readonly toMs: number
  readonly maxPoints: number
}

/** What a person proposes to authorise beforehand; times are ISO 8601. */
export interface StandingWanted {
  readonly site: string
  readonly supplyPoints: readonly string[]
  readonly from: string
  readonly to: string
  readonly reason: string
}

/** What a person says of a finding. */
export interface MarkWanted {
  readonly verdict: MarkDocument['verdict']
  readonly cause: MarkDocument['cause']
  readonly note: string
}

/** A person's review of an order's evidence. */
export interface ReviewWanted {
  readonly verdict: EvidenceDocument['reviews'][number]['verdict']
  readonly remark: string
  /** What was reviewed. */
  readonly contentSha256: string
}

/** Addresses that a browser opens by itself. */
export const addressOf = {
  piece: (order: string, sha256: string) => `${orderPath(order)}/evidence/${sha256}`,
  bundle: (order: string) => `${orderPath(order)}/evidence/bundle`,
  audit: '/api/v1/audit/export',
}

/** The server's addresses that the console calls. */
export const api = {
  me: () => call<MeDocument>('GET', '/api/v1/me'),
  signIn: (token: string) => call<MeDocument>('POST', '/api/v1/sign-in', { token }),
  signOut: () => call<void>('POST', '/api/v1/sign-out', {}),
  findings: (site: string, limit: number) =>
    call<FindingDocument[]>('GET', `/api/v1/sites/${encodeURIComponent(site)}/findings?limit=${limit}`),
  mark: (site: string, finding: number, wanted: MarkWanted) =>
    call<MarkDocument>('POST', `${sitePath(site)}/findings/${finding}/mark`, wanted),
  falseAlarms: (site: string, from: string) =>
    call<FalseAlarmsDocument>('GET', `${sitePath(site)}/false-alarms?from=${encodeURIComponent(from)}`),
  parameters: (site: string) => call<ParametersDocument>('GET', `${sitePath(site)}/parameters`),
  tune: (site: string, parameters: SiteParameters, reason: string) =>
    call<ParameterVersionDocument>('POST', `${sitePath(site)}/parameters`, { parameters, reason }),
  beginReplay: (site: string, parameters: SiteParameters, days: number) =>
    call<ReplayDocument>('POST', `${sitePath(site)}/replays`, { parameters, days }),
  replay: (id: string) => call<ReplayDocument>('GET', `/api/v1/replays/${id}`),
  cancelReplay: (id: string) => call<ReplayDocument>('POST', `/api/v1/replays/${id}/cancel`, {}),
  probes: () => call<ProbesDocument>('GET', '/api/v1/probes'),
  askPicture: (gateway: string, sensor: string, reason: string) =>
    call<{ readonly request: string }>('POST', picturesPath(gateway, sensor), { reason }),
  relearnProbe: (gateway: string, sensor: string, reason: string) =>
    call<{ readonly request: string }>('POST', `${probePath(gateway, sensor)}/relearn`, { reason }),
  pictures: (gateway: string, sensor: string) => call<PictureDocument[]>('GET', picturesPath(gateway, sensor)),
  picture: (request: string) => call<PictureDocument>('GET', `/api/v1/pictures/${encodeURIComponent(request)}`),
  approve: (order: string, documentSha256: string, proof: GivenProof) =>
    call<OrderDocument>('POST', `${orderPath(order)}/approve`, { documentSha256, proof }),
  question: (order: string) => call<ProofQuestion>('POST', `${orderPath(order)}/question`, {}),
  veto: (order: string, reason: string) => call<OrderDocument>('POST', `${orderPath(order)}/veto`, { reason }),
  seen: (order: string) => call<OrderDocument>('POST', `${orderPath(order)}/seen`, {}),
  proofs: () => call<ProofsDocument>('GET', '/api/v1/me/proofs'),
  beginPasskey: () =>
    call<{ readonly options: object; readonly question: ProofQuestion | null }>(
      'POST',
      '/api/v1/me/passkeys/options',
      {},
    ),
  addPasskey: (name: string, response: object, proof?: GivenProof) =>
    call<PasskeyDocument>('POST', '/api/v1/me/passkeys', { name, response, proof }),
  revokePasskey: (user: string, id: string, reason: string) =>
    call<void>('POST', `${personPath(user)}/passkeys/${encodeURIComponent(id)}/revoke`, { reason }),
  beginTotp: () =>
    call<{ readonly secret: string; readonly uri: string; readonly question: ProofQuestion | null }>(
      'POST',
      '/api/v1/me/totp',
      {},
    ),
  confirmTotp: (code: string, proof?: GivenProof) => call<void>('POST', '/api/v1/me/totp/confirm', { code, proof }),
  revokeTotp: (user: string, reason: string) => call<void>('POST', `${personPath(user)}/totp/revoke`, { reason }),
  standings: () => call<StandingDocument[]>('GET', '/api/v1/standings'),
  proposeStanding: (wanted: StandingWanted) => call<StandingDocument>('POST', '/api/v1/standings', wanted),
  standingQuestion: (id: string) => call<ProofQuestion>('POST', `${standingPath(id)}/question`, {}),
  signStanding: (id: string, documentSha256: string, proof: GivenProof) =>
    call<StandingDocument>('POST', `${standingPath(id)}/approve`, { documentSha256, proof }),
  revokeStanding: (id: string, reason: string) =>
    call<StandingDocument>('POST', `${standingPath(id)}/revoke`, { reason }),
  cancel: (order: string, reason: string) => call<OrderDocument>('POST', `${orderPath(order)}/cancel`, { reason }),
  evidence: (order: string) => call<EvidenceDocument>('GET', `${orderPath(order)}/evidence`),
  waveforms: (order: string) => call<WaveformDocument[]>('GET', `${orderPath(order)}/evidence/waveforms`),
  reviewEvidence: (order: string, wanted: ReviewWanted) =>
    call<EvidenceDocument>('POST', `${orderPath(order)}/evidence/reviews`, wanted),
  record: (
    order: string,
    what: 'legal-steps' | 'waiver' | 'people' | 'evacuation' | 'all-out' | 'fumes',
    body: object,
  ) => call<OrderDocument>('POST', `${orderPath(order)}/${what}`, body),
  trace(question: TraceQuestion) {
    const query = new URLSearchParams({
      gateway: question.gateway,
      sensor: question.sensor,
      kind: question.kind,
      fields: question.fields.join(','),
      from: new Date(question.fromMs).toISOString(),
      to: new Date(question.toMs).toISOString(),
      maxPoints: String(question.maxPoints),
    })
    return call<TraceDocument>('GET', `/api/v1/sites/${encodeURIComponent(question.site)}/trace?${query}`)
  },
}
