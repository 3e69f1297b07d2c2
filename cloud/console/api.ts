import type { GivenProof } from '../core/proof-question.ts'
import type { SiteParameters } from '../core/tuning/site-parameters.ts'
import type { OrderDocument } from '../http/documents.ts'
import type { EvidenceDocument } from '../http/evidence-routes.ts'
import type { MarkDocument } from '../http/mark-document.ts'
import type { LegalDocument } from '../http/order-record-documents.ts'
import { type BodyFor, call, request } from './api-client.ts'

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
  me: () => request('GET /api/v1/me'),
  signIn: (token: string) => request('POST /api/v1/sign-in', { body: { token } }),
  signOut: () => request('POST /api/v1/sign-out'),
  findings: (site: string, limit: number) =>
    request('GET /api/v1/sites/:site/findings', { path: { site }, query: { limit } }),
  mark: (site: string, finding: number, wanted: MarkWanted) =>
    request('POST /api/v1/sites/:site/findings/:number/mark', { path: { site, number: finding }, body: wanted }),
  falseAlarms: (site: string, from: string) =>
    request('GET /api/v1/sites/:site/false-alarms', { path: { site }, query: { from } }),
  parameters: (site: string) => request('GET /api/v1/sites/:site/parameters', { path: { site } }),
  tune: (site: string, parameters: SiteParameters, reason: string) =>
    request('POST /api/v1/sites/:site/parameters', { path: { site }, body: { parameters, reason } }),
  beginReplay: (site: string, parameters: SiteParameters, days: number) =>
    request('POST /api/v1/sites/:site/replays', { path: { site }, body: { parameters, days } }),
  replay: (id: string) => request('GET /api/v1/replays/:replay', { path: { replay: id } }),
  cancelReplay: (id: string) => request('POST /api/v1/replays/:replay/cancel', { path: { replay: id } }),
  probes: () => request('GET /api/v1/probes', { query: {} }),
  askPicture: (gateway: string, sensor: string, reason: string) =>
    request('POST /api/v1/probes/:gateway/:sensor/pictures', { path: { gateway, sensor }, body: { reason } }),
  relearnProbe: (gateway: string, sensor: string, reason: string) =>
    request('POST /api/v1/probes/:gateway/:sensor/relearn', { path: { gateway, sensor }, body: { reason } }),
  pictures: (gateway: string, sensor: string) =>
    request('GET /api/v1/probes/:gateway/:sensor/pictures', { path: { gateway, sensor } }),
  picture: (id: string) => request('GET /api/v1/pictures/:request', { path: { request: id } }),
  approve: (order: string, documentSha256: string, proof: GivenProof) =>
    request('POST /api/v1/orders/:order/approve', { path: { order }, body: { documentSha256, proof } }),
  question: (order: string) => request('POST /api/v1/orders/:order/question', { path: { order } }),
  veto: (order: string, reason: string) =>
    request('POST /api/v1/orders/:order/veto', { path: { order }, body: { reason } }),
  seen: (order: string) => request('POST /api/v1/orders/:order/seen', { path: { order } }),
  proofs: () => request('GET /api/v1/me/proofs'),
  beginPasskey: () => request('POST /api/v1/me/passkeys/options', { body: {} }),
  addPasskey: (name: string, response: object, proof?: GivenProof) =>
    request('POST /api/v1/me/passkeys', { body: { name, response, proof } }),
  revokePasskey: (user: string, id: string, reason: string) =>
    request('POST /api/v1/people/:user/passkeys/:passkey/revoke', { path: { user, passkey: id }, body: { reason } }),
  beginTotp: () => request('POST /api/v1/me/totp', { body: {} }),
  confirmTotp: (code: string, proof?: GivenProof) => request('POST /api/v1/me/totp/confirm', { body: { code, proof } }),
  revokeTotp: (user: string, reason: string) =>
    request('POST /api/v1/people/:user/totp/revoke', { path: { user }, body: { reason } }),
  standings: () => request('GET /api/v1/standings'),
  proposeStanding: (wanted: StandingWanted) => request('POST /api/v1/standings', { body: wanted }),
  standingQuestion: (id: string) => request('POST /api/v1/standings/:standing/question', { path: { standing: id } }),
  signStanding: (id: string, documentSha256: string, proof: GivenProof) =>
    request('POST /api/v1/standings/:standing/approve', { path: { standing: id }, body: { documentSha256, proof } }),
  revokeStanding: (id: string, reason: string) =>
    request('POST /api/v1/standings/:standing/revoke', { path: { standing: id }, body: { reason } }),
  cancel: (order: string, reason: string) =>
    request('POST /api/v1/orders/:order/cancel', { path: { order }, body: { reason } }),
  stop: (order: string, reason: string) =>
    request('POST /api/v1/orders/:order/stop', { path: { order }, body: { reason } }),
  restorationDraft: (order: string, body: BodyFor<'POST /api/v1/orders/:order/restoration'>) =>
    request('POST /api/v1/orders/:order/restoration', { path: { order }, body }),
  restorationApprove: (order: string, documentSha256: string, proof: GivenProof) =>
    request('POST /api/v1/orders/:order/restoration/approve', { path: { order }, body: { documentSha256, proof } }),
  restorationCancel: (order: string, reason: string) =>
    request('POST /api/v1/orders/:order/restoration/cancel', { path: { order }, body: { reason } }),
  gasCheck: (order: string, body: BodyFor<'POST /api/v1/orders/:order/restoration/gas-check'>) =>
    request('POST /api/v1/orders/:order/restoration/gas-check', { path: { order }, body }),
  reportCut: (order: string, point: string, body: BodyFor<'POST /api/v1/orders/:order/points/:point/report'>) =>
    request('POST /api/v1/orders/:order/points/:point/report', { path: { order, point }, body }),
  evidence: (order: string) => request('GET /api/v1/orders/:order/evidence', { path: { order } }),
  waveforms: (order: string) => request('GET /api/v1/orders/:order/evidence/waveforms', { path: { order } }),
  reviewEvidence: (order: string, wanted: ReviewWanted) =>
    request('POST /api/v1/orders/:order/evidence/reviews', { path: { order }, body: wanted }),
  siteLaw: (site: string) => request('GET /api/v1/sites/:site/legal', { path: { site } }),
  recordSiteLaw: (site: string, body: object) =>
    call<LegalDocument>('POST', `/api/v1/sites/${encodeURIComponent(site)}/legal-steps`, body),
  record: (
    order: string,
    what: 'legal-steps' | 'waiver' | 'sighting' | 'people' | 'evacuation' | 'all-out' | 'fumes',
    body: object,
  ) => call<OrderDocument>('POST', `${orderPath(order)}/${what}`, body),
  trace: ({ site, gateway, sensor, kind, fields, fromMs, toMs, maxPoints }: TraceQuestion) =>
    request('GET /api/v1/sites/:site/trace', {
      path: { site },
      query: {
        ...{ gateway, sensor, kind, fields: fields.join(','), maxPoints },
        ...{ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      },
    }),
}
