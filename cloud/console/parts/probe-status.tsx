import type { ProbeDocument } from '../../http/probe-documents.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { causeText } from '../text/cause.ts'
import { useSpeech } from '../text/language.ts'
import { useState } from '../view.ts'
import { Ago } from './moment.tsx'
import { PictureDialog } from './picture-dialog.tsx'
import { RelearnDialog } from './relearn-dialog.tsx'

/** A clock that is off by less is right. */
const NOTABLE_OFFSET_S = 2
/** What a turn on purpose may look like. */
const RELEARNT: readonly string[] = ['moved', 'occluded']

interface Props {
  readonly probe: ProbeDocument
  readonly nowMs: number
}

/** How a probe is, in a word. */
export function ProbeBadge(props: { readonly probe: ProbeDocument }) {
  const { t } = useSpeech()
  const { status } = props.probe
  return <span class={`badge tone-${toneOf(status)}`}>{t(`probe.${status}`)}</span>
}

function toneOf(status: ProbeDocument['status']): string {
  if (status === 'online') return 'done'
  if (status === 'unknown') return 'over'
  return status === 'dark' ? 'wait' : 'alarm'
}

/** Since when a probe is as it is, and by what that is known. */
export function ProbeTold({ probe, nowMs }: Props) {
  const { t, format, language } = useSpeech()
  const { told, unknownBecause } = probe
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
          {t(told.status === 'offline' ? 'probes.lastSign' : 'probes.since')} <Ago at={told.since} nowMs={nowMs} />
          {notes.length > 0 && ' · '}
        </>
      )}
      {notes.join(' · ')}
    </span>
  )
}

/** What a person who is signed in may ask of a probe. */
export function ProbeActions({ probe, nowMs }: Props) {
  const { t } = useSpeech()
  const user = useStore(model.me)?.user
  const [open, setOpen] = useState<'picture' | 'relearn' | null>(null)
  const close = () => setOpen(null)
  if (!user) return null
  return (
    <span>
      {user.role !== 'viewer' && RELEARNT.includes(probe.status) && (
        <button type="button" class="plain" onClick={() => setOpen('relearn')} data-action="relearn">
          {t('relearn.ask')}
        </button>
      )}
      <button type="button" class="plain" onClick={() => setOpen('picture')} data-action="picture">
        {t('picture.ask')}
      </button>
      {open === 'picture' && <PictureDialog probe={probe} nowMs={nowMs} onClose={close} />}
      {open === 'relearn' && <RelearnDialog probe={probe} onClose={close} />}
    </span>
  )
}
