import type { ReplayDocument } from '../../http/tuning-documents.ts'
import { isTextKey } from '../text/dictionary.ts'
import { useSpeech } from '../text/language.ts'

const PREFIX: { readonly [kind: string]: string } = { event: 'event', state: 'state', 'after-cut': 'supply' }

/** What the last days would have looked like, beside what they do: counts, and what becomes of marked findings. */
export function ReplayResult(props: { readonly replay: ReplayDocument }) {
  const { t, format } = useSpeech()
  const { state, share, failure, result } = props.replay
  if (state === 'running') return <p data-replay="running">{t('replay.running', { share: format.percent(share) })}</p>
  if (state === 'cancelled') return <p class="quiet">{t('replay.cancelled')}</p>
  if (!result) return <p class="failure">{t('replay.failedBecause', { reason: failure ?? '' })}</p>
  const whats = [...new Set([...Object.keys(result.before), ...Object.keys(result.after)])].sort()
  const wordOf = (what: string): string => {
    const [kind = '', name = ''] = what.split(' ')
    const key = `${PREFIX[kind] ?? kind}.${name}`
    return isTextKey(key) ? t(key) : what
  }
  return (
    <div data-replay="done">
      {!result.coversSpan && (
        <p class="failure">{t('replay.partly', { hours: result.hours, covered: result.hoursCovered })}</p>
      )}
      <table class="number">
        <thead>
          <tr>
            {[t('replay.what'), t('replay.before'), t('replay.after')].map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {whats.map((what) => (
            <tr key={what}>
              <th scope="row">{wordOf(what)}</th>
              <td>{result.before[what] ?? 0}</td>
              <td>{result.after[what] ?? 0}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{t('replay.falseMarks', { ...result.marks.false })}</p>
      <p>{t('replay.trueMarks', { ...result.marks.true })}</p>
      <p class="quiet">{t('replay.note')}</p>
    </div>
  )
}
