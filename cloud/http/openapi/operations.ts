import { z } from 'zod'
import { ORDER_STATES } from '../../core/ports.ts'
import { Review } from '../evidence-routes.ts'
import { Body as MarkBody, RatesQuery } from '../feedback-routes.ts'
import { TraceQuery } from '../history-routes.ts'
import { LiveQuery } from '../live-routes.ts'
import { AllOut, Evacuation, Fumes, LegalStep, Sighting, Statement, Waiver } from '../order-records-routes.ts'
import { Approval, WithReason } from '../orders-routes.ts'
import { Body as PictureBody } from '../picture-routes.ts'
import { Query as ProbesQuery } from '../probe-routes.ts'
import { Confirmation, NewPasskey, Revocation } from '../proofs-routes.ts'
import { Check, Draft, Report } from '../restoration-routes.ts'
import { SignIn } from '../sign-in-routes.ts'
import { FindingsQuery } from '../sites-routes.ts'
import { Proposal, Approval as StandingApproval, Revocation as StandingRevocation } from '../standing-routes.ts'
import { CompactJws } from '../supplier-routes.ts'
import { Change, Preview } from '../tuning-routes.ts'
import { Request as WaveformRequest } from '../waveform-routes.ts'
import { AuditAnswer, EvidenceAnswer, WaveformAnswer } from './answers/evidence.ts'
import { Iso } from './answers/fields.ts'
import { FalseAlarmsAnswer, FindingAnswer, MarkAnswer } from './answers/findings.ts'
import { LegalAnswer, OrderAnswer } from './answers/orders.ts'
import {
  MeAnswer,
  NewPasskeyAnswer,
  NewTotpAnswer,
  PasskeyAnswer,
  ProofsAnswer,
  QuestionAnswer,
  StandingAnswer,
} from './answers/people.ts'
import { PictureAnswer, ProbesAnswer } from './answers/probes.ts'
import { ParametersAnswer, ParameterVersionAnswer, ReplayAnswer, SiteAnswer, TraceAnswer } from './answers/sites.ts'
import type { Answer, Operations } from './operation.ts'

const json = <T extends z.ZodType>(what: string, schema: T) => ({ 200: { what, schema } })
const accepted = <T extends z.ZodType>(what: string, schema: T) => ({ 202: { what, schema } })
const file = (what: string, media: string) => ({ 200: { what, media } })
const done = (what: string) => ({ 204: { what } })
const order = json('The order after it', OrderAnswer)
const asked = accepted('Asked; `request` tells what comes of it', z.strictObject({ request: z.uuid() }))
const nothing = z.strictObject({})

/** A person records something about the law or the people of an order. */
const record = <T extends z.ZodType>(summary: string, body: T) =>
  ({ summary, who: 'officer', body, answers: order }) as const
const act = (summary: string) => ({ summary, who: 'officer', body: WithReason, answers: order }) as const

const still: { readonly [status: number]: Answer } = { 204: { what: 'Nothing of it has come yet' } }

/** Every address of the API; a test holds it against the routes, and the routes' answers against it. */
export const OPERATIONS = {
  'GET /api/v1/health': {
    summary: 'That the server answers, and its time',
    who: 'anyone',
    answers: json('It does', z.strictObject({ status: z.literal('ok'), at: Iso })),
  },
  'GET /api/v1/openapi.json': {
    summary: 'This document',
    who: 'anyone',
    answers: json('OpenAPI 3.1', z.looseObject({ openapi: z.string() })),
  },
  'POST /api/v1/sign-in': {
    summary: 'Exchanges the token of a one-time link for a session (cookie)',
    who: 'anyone',
    body: SignIn,
    answers: json('Signed in', MeAnswer),
  },
  'POST /api/v1/sign-out': { summary: 'Ends the session', who: 'anyone', answers: done('Ended') },
  'GET /api/v1/me': { summary: 'Who is signed in', who: 'anyone', answers: json('`user` may be null', MeAnswer) },

  'GET /api/v1/sites': { summary: 'Every site', who: 'reader', answers: json('Sites', z.array(SiteAnswer)) },
  'GET /api/v1/sites/:site': { summary: 'One site', who: 'reader', answers: json('The site', SiteAnswer) },
  'GET /api/v1/sites/:site/findings': {
    summary: 'What was found at a site, newest first',
    who: 'reader',
    query: FindingsQuery,
    answers: json('Findings', z.array(FindingAnswer)),
  },
  'POST /api/v1/sites/:site/findings/:number/mark': {
    summary: 'Marks a finding true or false',
    who: 'officer',
    body: MarkBody,
    answers: json('The mark', MarkAnswer),
  },
  'GET /api/v1/sites/:site/false-alarms': {
    summary: 'How often a site cried wolf, as far as findings were marked',
    who: 'reader',
    query: RatesQuery,
    answers: json('Counts by class and reason', FalseAlarmsAnswer),
  },
  'GET /api/v1/sites/:site/trace': {
    summary: 'A stretch of history, thinned',
    who: 'reader',
    query: TraceQuery,
    answers: json('Series', TraceAnswer),
  },
  'GET /api/v1/sites/:site/parameters': {
    summary: 'By what a site is judged, and within which bounds it may be changed',
    who: 'person',
    answers: json('Parameters and their versions', ParametersAnswer),
  },
  'POST /api/v1/sites/:site/parameters': {
    summary: 'Changes by what a site is judged',
    who: 'officer',
    body: Change,
    answers: json('The new version', ParameterVersionAnswer),
  },
  'POST /api/v1/sites/:site/replays': {
    summary: 'Replays the last days with other parameters',
    who: 'officer',
    body: Preview,
    answers: accepted('It runs', ReplayAnswer),
  },
  'GET /api/v1/replays/:replay': {
    summary: 'How far a replay is, and what came out',
    who: 'person',
    answers: json('The replay', ReplayAnswer),
  },
  'POST /api/v1/replays/:replay/cancel': {
    summary: 'Ends a replay',
    who: 'officer',
    answers: json('The replay', ReplayAnswer),
  },

  'POST /api/v1/sites/:site/waveforms': {
    summary: 'Asks a gateway for raw waveform',
    who: 'person',
    body: WaveformRequest,
    answers: asked,
  },
  'GET /api/v1/waveforms/:request': {
    summary: 'The miniSEED that has come of a request; headers `waveform-parts`, `waveform-parts-expected`',
    who: 'reader',
    answers: { ...file('miniSEED 2', 'application/vnd.fdsn.mseed'), ...still },
  },
  'GET /api/v1/probes': {
    summary: 'Camera probes and how many are online',
    who: 'reader',
    query: ProbesQuery,
    answers: json('Probes', ProbesAnswer),
  },
  'POST /api/v1/probes/:gateway/:sensor/pictures': {
    summary: 'Asks a probe for a picture, on record',
    who: 'officer',
    body: PictureBody,
    answers: asked,
  },
  'GET /api/v1/probes/:gateway/:sensor/pictures': {
    summary: 'The last requests for pictures of a probe',
    who: 'person',
    answers: json('Requests', z.array(PictureAnswer)),
  },
  'POST /api/v1/probes/:gateway/:sensor/relearn': {
    summary: 'Has a gateway learn anew what a camera sees, on record',
    who: 'officer',
    body: PictureBody,
    answers: asked,
  },
  'GET /api/v1/pictures/:request': {
    summary: 'What has come of a request for a picture',
    who: 'person',
    answers: json('The request', PictureAnswer),
  },
  'GET /api/v1/pictures/:request/image': {
    summary: 'The picture; each view is on record',
    who: 'person',
    answers: file('JPEG', 'image/jpeg'),
  },

  'GET /api/v1/orders': { summary: 'Cut-off orders', who: 'reader', answers: json('Orders', z.array(OrderAnswer)) },
  'GET /api/v1/orders/:order': { summary: 'One order', who: 'reader', answers: json('The order', OrderAnswer) },
  'POST /api/v1/orders/:order/question': {
    summary: 'How this person may prove to be present for an approval',
    who: 'officer',
    answers: json('The question', QuestionAnswer),
  },
  'POST /api/v1/orders/:order/approve': {
    summary: 'Approves exactly the document with this hash',
    who: 'officer',
    body: Approval,
    answers: order,
  },
  'POST /api/v1/orders/:order/seen': { summary: 'Somebody attends to its call', who: 'officer', answers: order },
  'POST /api/v1/orders/:order/cancel': act('Withdraws an order that was not issued'),
  'POST /api/v1/orders/:order/stop': act('Stops an order: no further operation is permitted'),
  'POST /api/v1/orders/:order/close': act('Closes an order that is watched'),
  'POST /api/v1/orders/:order/veto': act('Says no within the veto window'),
  'GET /api/v1/sites/:site/legal': {
    summary: 'What was done in law for a site before there is an order',
    who: 'person',
    answers: json('The legal steps', LegalAnswer),
  },
  'POST /api/v1/sites/:site/legal-steps': {
    summary: 'Records a legal step for a site; its next order takes it over',
    who: 'officer',
    body: LegalStep,
    answers: json('The legal steps', LegalAnswer),
  },
  'POST /api/v1/orders/:order/legal-steps': record('Records a legal step with its document', LegalStep),
  'POST /api/v1/orders/:order/waiver': record('Records why the notice was waived', Waiver),
  'POST /api/v1/orders/:order/sighting': record('Records what a person saw on site', Sighting),
  'POST /api/v1/orders/:order/people': record('Records what is known of people underground', Statement),
  'POST /api/v1/orders/:order/evacuation': record('Records that the evacuation began', Evacuation),
  'POST /api/v1/orders/:order/all-out': record('Records that all are out', AllOut),
  'POST /api/v1/orders/:order/fumes': record('Records a certificate of fumes', Fumes),

  'POST /api/v1/orders/:order/restoration': record('Drafts the document that gives the power back', Draft),
  'POST /api/v1/orders/:order/restoration/approve': record('Approves exactly that document', Approval),
  'POST /api/v1/orders/:order/restoration/gas-check': record('Records a gas check, signed by two', Check),
  'POST /api/v1/orders/:order/restoration/cancel': record('Withdraws it', WithReason),
  'POST /api/v1/orders/:order/points/:point/report': record(
    'Reports what was seen of a cut where no meter shows it',
    Report,
  ),

  'GET /api/v1/orders/:order/evidence': {
    summary: 'What an order rests on: pieces with their hashes, and reviews',
    who: 'person',
    answers: json('The evidence', EvidenceAnswer),
  },
  'GET /api/v1/orders/:order/evidence/waveforms': {
    summary: 'Its waveforms, thinned for a picture',
    who: 'person',
    answers: json('Waveforms', z.array(WaveformAnswer)),
  },
  'GET /api/v1/orders/:order/evidence/bundle': {
    summary: 'All of it as a tar with a signed manifest, on record',
    who: 'officer',
    answers: file('tar', 'application/x-tar'),
  },
  'GET /api/v1/orders/:order/evidence/:sha256': {
    summary: 'A frozen piece word for word',
    who: 'person',
    answers: file('A reading a line', 'application/x-ndjson'),
  },
  'POST /api/v1/orders/:order/evidence/reviews': {
    summary: 'Records a review of exactly these pieces',
    who: 'officer',
    body: Review,
    answers: json('The evidence with its reviews', EvidenceAnswer),
  },

  'GET /api/v1/standings': {
    summary: 'Standing authorisations, newest first',
    who: 'reader',
    answers: json('Authorisations', z.array(StandingAnswer)),
  },
  'GET /api/v1/standings/:standing': {
    summary: 'One standing authorisation',
    who: 'reader',
    answers: json('The authorisation', StandingAnswer),
  },
  'POST /api/v1/standings': {
    summary: 'Proposes a standing authorisation',
    who: 'officer',
    body: Proposal,
    answers: json('The authorisation', StandingAnswer),
  },
  'POST /api/v1/standings/:standing/question': {
    summary: 'How this person may prove to be present for it',
    who: 'officer',
    answers: json('The question', QuestionAnswer),
  },
  'POST /api/v1/standings/:standing/approve': {
    summary: 'Approves exactly the document with this hash',
    who: 'officer',
    body: StandingApproval,
    answers: json('The authorisation', StandingAnswer),
  },
  'POST /api/v1/standings/:standing/revoke': {
    summary: 'Revokes it, at once and for good',
    who: 'officer',
    body: StandingRevocation,
    answers: json('The authorisation', StandingAnswer),
  },

  'GET /api/v1/me/proofs': {
    summary: 'How this person can prove to be present',
    who: 'person',
    answers: json('Proofs', ProofsAnswer),
  },
  'POST /api/v1/me/passkeys/options': {
    summary: 'Begins to register a passkey',
    who: 'officer',
    body: nothing,
    answers: json('Options of WebAuthn', NewPasskeyAnswer),
  },
  'POST /api/v1/me/passkeys': {
    summary: 'Registers a passkey',
    who: 'officer',
    body: NewPasskey,
    answers: json('The passkey', PasskeyAnswer),
  },
  'POST /api/v1/people/:user/passkeys/:passkey/revoke': {
    summary: 'Takes a passkey back',
    who: 'officer',
    body: Revocation,
    answers: done('Revoked'),
  },
  'POST /api/v1/me/totp': {
    summary: 'Begins to set up one-time passwords; the secret is told this once',
    who: 'officer',
    body: nothing,
    answers: json('The secret', NewTotpAnswer),
  },
  'POST /api/v1/me/totp/confirm': {
    summary: 'Confirms one-time passwords with the first of them',
    who: 'officer',
    body: Confirmation,
    answers: done('They count'),
  },
  'POST /api/v1/people/:user/totp/revoke': {
    summary: 'Takes one-time passwords back',
    who: 'officer',
    body: Revocation,
    answers: done('Revoked'),
  },

  'GET /api/v1/audit': {
    summary: 'How far the audit log has come, and whether it is whole',
    who: 'person',
    answers: json('Its state', AuditAnswer),
  },
  'GET /api/v1/audit/checkpoints': {
    summary: 'Its signed checkpoints, a compact JWS a line',
    who: 'person',
    answers: file('Checkpoints', 'application/x-ndjson'),
  },
  'GET /api/v1/audit/export': {
    summary: 'All of it as one file, on record',
    who: 'officer',
    answers: file('The export', 'application/x-ndjson'),
  },
  'GET /api/v1/live': {
    summary:
      'Server-sent events: `snapshot`, then `site`, `order`, `event`, `reading` (of one site), `heartbeat`, `lost`',
    who: 'reader',
    query: LiveQuery,
    answers: file('Events without end', 'text/event-stream'),
  },

  'GET /.well-known/jwks.json': {
    summary: 'The public keys that verify our orders, checkpoints and exports',
    who: 'anyone',
    answers: json('JWKS (RFC 7517)', z.strictObject({ keys: z.array(z.looseObject({ kid: z.string() })) })),
  },
  'POST /api/v1/suppliers/:supplier/answers': {
    summary: "A power company's signed answer; to a selection the reply is a signed permission or refusal",
    who: 'supplier',
    body: CompactJws,
    bodyMedia: 'application/jose',
    answers: {
      200: {
        what: "The order's state, or the signed reply to a selection",
        schema: z.strictObject({ id: z.string(), state: z.enum(ORDER_STATES) }),
        media: 'application/jose',
      },
    },
  },
} as const satisfies Operations
