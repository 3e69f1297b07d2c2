import type { ProbeDocument } from '../../http/probe-documents.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { causeText } from '../text/cause.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Link } from './link.tsx'
import { Ago } from './moment.tsx'
import { PictureDialog } from './picture-dialog.tsx'

/** A clock that is off by less is right. */
const NOTABLE_OFFSET_S = 2

/** One probe: where it is, how it is, since when, and by what that is known. */
export function ProbeRow(props: { readonly probe: ProbeDocument; readonly nowMs: number }) {
  const { t } = useSpeech()
  const { probe } = props
  const isSignedIn = useStore(model.me)?.user != null
  const [isAsking, setIsAsking] = useState(false)
  return (
    <li data-probe={`${probe.gateway}/${probe.sensor}`} data-status={probe.status}>
      <span>
        <Link to={{ kind: 'site', id: probe.site }}>{probe.siteName}</Link>{' '}
        <small class="quiet">
          {probe.gateway} · {probe.sensor}
        </small>
      </span>
      <span class={`badge tone-${toneOf(probe.status)}`}>{t(`probe.${probe.status}`)}</span>
      <Told probe={probe} nowMs={props.nowMs} />
      {isSignedIn && (
        <button type="button" class="plain" onClick={() => setIsAsking(true)} data-action="picture">
          {t('picture.ask')}
        </button>
      )}
      {isAsking && <PictureDialog probe={probe} nowMs={props.nowMs} onClose={() => setIsAsking(false)} />}
    </li>
  )
}

function toneOf(status: ProbeDocument['status']): string {
  if (status === 'online') return 'done'
  if (status === 'unknown') return 'over'
  return status === 'dark' ? 'wait' : 'alarm'
}

function Told(props: { readonly probe: ProbeDocument; readonly nowMs: number }) {
  const { t, format, language } = useSpeech()
  const { told, unknownBecause } = props.probe
  const because = unknownBecause && t(`unknownBecause.${unknownBecause}`)
  if (!told) return <span class="quiet">{because}</span>
  const offset = told.clockOffsetS ?? 0
  const notes = [
    because && `${because}; ${t('probes.lastTold', { status: t(`probe.${told.status}`) })}`,
    told.cause && causeText(language, told.cause),
    told.confidence !== null && t('probes.confidence', { share: format.percent(told.confidence) }),
    offset >= NOTABLE_OFFSET_S && t('probes.clockAhead', { seconds: format.number(offset) }),
    offset <= -NOTABLE_OFFSET_S && t('probes.clockBehind', { seconds: format.number(-offset) }),
  ].filter((note) => typeof note === 'string')
  return (
    <span class="quiet">
      {told.since && (
        <>
          {t(told.status === 'offline' ? 'probes.lastSign' : 'probes.since')}{' '}
          <Ago at={told.since} nowMs={props.nowMs} /> ·{' '}
        </>
      )}
      {notes.join(' · ')}
    </span>
  )
}
