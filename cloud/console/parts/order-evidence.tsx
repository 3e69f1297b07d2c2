import type { EvidenceDocument } from '../../http/evidence-routes.ts'
import { addressOf } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useEvidence } from '../use-evidence.ts'
import { useState } from '../view.ts'
import { Moment } from './moment.tsx'
import { Panel } from './panel.tsx'
import { ReviewDialog } from './review-dialog.tsx'
import { WaveformPicture } from './waveform-picture.tsx'

/** What an order rests on, piece by piece with its hash, its waveforms as pictures, and who reviewed it. For people who are signed in. */
export function OrderEvidence(props: { readonly order: string; readonly nowMs: number }) {
  const user = useStore(model.me)?.user
  return user ? <Evidence {...props} mayReview={user.role !== 'viewer'} /> : null
}

function Evidence(props: { readonly order: string; readonly nowMs: number; readonly mayReview: boolean }) {
  const { t } = useSpeech()
  const { evidence, waveforms, failure, take } = useEvidence(props.order)
  const [isReviewing, setReviewing] = useState(false)
  const { order, nowMs, mayReview } = props
  return (
    <Panel
      title={t('evidence.title')}
      class="frozen-evidence"
      aside={evidence && <Reviewed isReviewed={evidence.reviewed} />}
    >
      {failure && <p class="failure">{t('evidence.failed', { reason: failure })}</p>}
      {waveforms.map((waveform) => (
        <WaveformPicture key={`${waveform.gateway} ${waveform.sensor} ${waveform.channel}`} waveform={waveform} />
      ))}
      {evidence && <Pieces evidence={evidence} />}
      {evidence && evidence.reviews.length > 0 && <Reviews evidence={evidence} nowMs={nowMs} />}
      <p class="quiet">{t('evidence.note')}</p>
      {evidence && mayReview && (
        <p class="evidence-actions">
          <button type="button" data-action="review" onClick={() => setReviewing(true)}>
            {t('evidence.review')}
          </button>
          <a href={addressOf.bundle(order)} download>
            {t('evidence.bundle')}
          </a>
          <a href={addressOf.audit} download>
            {t('evidence.audit')}
          </a>
        </p>
      )}
      {evidence && isReviewing && (
        <ReviewDialog evidence={evidence} onReviewed={take} onClose={() => setReviewing(false)} />
      )}
    </Panel>
  )
}

function Reviewed(props: { readonly isReviewed: boolean }) {
  const { t } = useSpeech()
  return (
    <span class={props.isReviewed ? 'quiet' : 'failure'} data-reviewed={props.isReviewed}>
      {t(props.isReviewed ? 'evidence.reviewed' : 'evidence.unreviewed')}
    </span>
  )
}

function Pieces(props: { readonly evidence: EvidenceDocument }) {
  const { t } = useSpeech()
  const { order, pieces } = props.evidence
  return (
    <ul class="pieces">
      {pieces.map(({ kind, what, sha256, size }) => (
        <li key={sha256} data-piece={kind}>
          <span class="tag">{t(`evidence.kind.${kind}`)}</span>
          {size === null ? <span>{what}</span> : <a href={addressOf.piece(order, sha256)}>{what}</a>}
          <code title={`${t('evidence.hash')} SHA-256 ${sha256}`}>{sha256.slice(0, 16)}</code>
        </li>
      ))}
    </ul>
  )
}

function Reviews(props: { readonly evidence: EvidenceDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { reviews, contentSha256 } = props.evidence
  return (
    <>
      <h3>{t('evidence.reviews')}</h3>
      <ul class="reviews">
        {reviews.map((review) => (
          <li key={review.number}>
            <b>{t(`evidence.${review.verdict}`)}</b> {review.department} {review.name}{' '}
            <Moment at={review.at} nowMs={props.nowMs} />
            {review.contentSha256 !== contentSha256 && <span class="quiet"> ({t('evidence.older')})</span>}
            <p>{review.remark}</p>
          </li>
        ))}
      </ul>
    </>
  )
}
