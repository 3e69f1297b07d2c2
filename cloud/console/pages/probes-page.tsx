import type { ProbesDocument } from '../../http/probe-documents.ts'
import { useNow } from '../now.ts'
import { Panel } from '../parts/panel.tsx'
import { ProbeRates } from '../parts/probe-rates.tsx'
import { ProbeRow } from '../parts/probe-row.tsx'
import { useSpeech } from '../text/language.ts'
import { useProbes } from '../use-probes.ts'
import { useState } from '../view.ts'

/** What is worst stands first. */
const ORDER = ['tampered', 'offline', 'frozen', 'occluded', 'moved', 'dark', 'unknown', 'online'] as const
type Status = (typeof ORDER)[number]

/** The camera probes of all sites: how many are online, by area, and how each of them is. */
export function ProbesPage() {
  const { t } = useSpeech()
  const { document, failure } = useProbes()
  return (
    <div class="probes-page">
      <h1>{t('probes.title')}</h1>
      {failure && <p class="failure">{t('probes.failed', { reason: failure })}</p>}
      {document === null && !failure && <p class="quiet empty">{t('loading.text')}</p>}
      {document && (
        <>
          <ProbeRates counts={document.counts} />
          <ProbeList document={document} />
        </>
      )}
    </div>
  )
}

function ProbeList(props: { readonly document: ProbesDocument }) {
  const { t } = useSpeech()
  const now = useNow()
  const [chosen, setChosen] = useState<Status | null>(null)
  const { counts, probes } = props.document
  const shown = probes
    .filter(({ status }) => chosen === null || status === chosen)
    .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status))
  const choices = ORDER.filter((status) => counts.all.byStatus[status] > 0)
  const empty = probes.length === 0 ? 'probes.none' : 'probes.noneOfStatus'
  return (
    <Panel
      title={t('probes.list')}
      aside={
        <fieldset class="choice">
          <legend class="unseen">{t('probes.filter')}</legend>
          <button type="button" aria-pressed={chosen === null} onClick={() => setChosen(null)}>
            {t('probes.all')} {counts.all.total}
          </button>
          {choices.map((status) => (
            <button key={status} type="button" aria-pressed={chosen === status} onClick={() => setChosen(status)}>
              {t(`probe.${status}`)} {counts.all.byStatus[status]}
            </button>
          ))}
        </fieldset>
      }
    >
      {shown.length === 0 && <p class="quiet">{t(empty)}</p>}
      <ul class="probe-list">
        {shown.map((probe) => (
          <ProbeRow key={`${probe.gateway}/${probe.sensor}`} probe={probe} nowMs={now} />
        ))}
      </ul>
    </Panel>
  )
}
