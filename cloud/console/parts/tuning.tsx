import { PARAMETER_NAMES, type ParameterName, type SiteParameters } from '../../core/tuning/site-parameters.ts'
import type { ParametersDocument } from '../../http/tuning-documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { useReplay } from '../use-replay.ts'
import { useEffect, useState } from '../view.ts'
import { Panel } from './panel.tsx'
import { ReplayResult } from './replay-result.tsx'

const PREVIEW_DAYS = 7
const SHOWN_VERSIONS = 5

/** What a site is judged by; officers and heads may try other numbers on the last days, and save them with a reason. */
export function Tuning(props: { readonly site: string }) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user
  const [document, setDocument] = useState<ParametersDocument | null>(null)
  const { site } = props
  const load = () => api.parameters(site).then(setDocument, () => undefined)
  useEffect(() => {
    if (user) void load()
    // Signing in is what makes it readable.
  }, [site, user?.id])
  if (!user || user.role === 'viewer' || !document) return null
  return (
    <Panel title={t('tuning.title')} class="tuning figures">
      <details>
        <summary class="quiet">{t('tuning.note')}</summary>
        <TuningForm key={document.versions[0]?.version ?? 0} site={site} document={document} onSaved={load} />
      </details>
      <ul class="quiet">
        {document.versions.slice(0, SHOWN_VERSIONS).map(({ version, name, reason }) => (
          <li key={version}>{t('tuning.version', { version, name, reason })}</li>
        ))}
      </ul>
    </Panel>
  )
}

function TuningForm(props: {
  readonly site: string
  readonly document: ParametersDocument
  readonly onSaved: () => void
}) {
  const { t } = useSpeech()
  const { site, document } = props
  const [numbers, setNumbers] = useState<{ readonly [P in ParameterName]: number }>(document.inForce)
  const [reason, setReason] = useState('')
  const [failure, setFailure] = useState<string | null>(null)
  const [replay, setReplay] = useReplay()
  const wanted = changesOf(numbers, document.county)
  const failed = (error: Error) => setFailure(error.message)
  const preview = () => api.beginReplay(site, wanted, PREVIEW_DAYS).then(setReplay, failed)
  const save = (event: Event) => {
    event.preventDefault()
    setFailure(null)
    api.tune(site, wanted, reason.trim()).then(props.onSaved, failed)
  }
  return (
    <form onSubmit={save}>
      {PARAMETER_NAMES.map((name) => {
        const [least, most] = document.bounds[name]
        return (
          <label key={name}>
            {t(`parameter.${name}`)}
            <input
              type="number"
              required
              step="any"
              min={least}
              max={most}
              name={name}
              value={numbers[name]}
              onInput={(e) => setNumbers({ ...numbers, [name]: e.currentTarget.valueAsNumber })}
            />
            <span class="quiet">{t('tuning.bounds', { least, most, county: document.county[name] })}</span>
          </label>
        )
      })}
      <div class="dialog-actions">
        {replay?.state === 'running' ? (
          <button type="button" onClick={() => api.cancelReplay(replay.id).then(setReplay, failed)}>
            {t('tuning.cancel')}
          </button>
        ) : (
          <button type="button" data-action="preview" onClick={preview}>
            {t('tuning.preview', { days: PREVIEW_DAYS })}
          </button>
        )}
      </div>
      {replay && <ReplayResult replay={replay} />}
      <label>
        {t('tuning.reason')}
        <textarea
          rows={2}
          required
          minLength={4}
          maxLength={500}
          value={reason}
          onInput={(e) => setReason(e.currentTarget.value)}
        />
      </label>
      {failure && <p class="failure">{t('tuning.failed', { reason: failure })}</p>}
      <div class="dialog-actions">
        <button type="submit" data-action="tune">
          {t('tuning.save')}
        </button>
      </div>
    </form>
  )
}

/** Those that differ from the county's. */
const changesOf = (
  numbers: { readonly [P in ParameterName]: number },
  county: { readonly [P in ParameterName]: number },
): SiteParameters =>
  Object.fromEntries(
    PARAMETER_NAMES.filter((name) => numbers[name] !== county[name]).map((name) => [name, numbers[name]]),
  )
