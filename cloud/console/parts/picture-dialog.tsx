import type { PictureDocument, ProbeDocument } from '../../http/probe-documents.ts'
import { api } from '../api.ts'
import { model } from '../model.ts'
import { useStore } from '../store.ts'
import { useSpeech } from '../text/language.ts'
import { usePicture } from '../use-picture.ts'
import { useEffect, useState } from '../view.ts'
import { Dialog } from './dialog.tsx'
import { Ago } from './moment.tsx'
import { ReasonForm } from './reason-form.tsx'

/** Asks for a picture with the reason that the audit log keeps, and shows those that have come. */
export function PictureDialog(props: {
  readonly probe: ProbeDocument
  readonly nowMs: number
  readonly onClose: () => void
}) {
  const { t } = useSpeech()
  const { probe } = props
  const role = useStore(model.me)?.user?.role
  const [request, setRequest] = useState<string | null>(null)
  const ask = async (reason: string) => setRequest((await api.askPicture(probe.gateway, probe.sensor, reason)).request)
  return (
    <Dialog title={t('picture.title', { probe: `${probe.siteName} ${probe.sensor}` })} onClose={props.onClose}>
      <p class="quiet">{t('picture.note')}</p>
      {request === null && role !== 'viewer' && (
        <ReasonForm send={ask} sendText={t('picture.send')} action="ask-picture" />
      )}
      {request === null && <Earlier probe={probe} nowMs={props.nowMs} onShow={setRequest} />}
      {request !== null && <Shown probe={probe} request={request} />}
      <div class="dialog-actions">
        <button type="button" onClick={props.onClose}>
          {t('picture.close')}
        </button>
      </div>
    </Dialog>
  )
}

function Shown(props: { readonly probe: ProbeDocument; readonly request: string }) {
  const { t, format } = useSpeech()
  const { picture, isLate } = usePicture(props.request)
  if (picture?.refusal) return <p class="failure">{t('picture.refused', { reason: picture.refusal })}</p>
  if (!isWhole(picture)) return <p class="quiet">{t(isLate ? 'picture.late' : 'picture.waiting')}</p>
  const time = format.full(picture.takenAt ?? picture.askedAt)
  return (
    <figure class="picture">
      <img
        src={`/api/v1/pictures/${props.request}/image`}
        alt={t('picture.alt', { probe: `${props.probe.siteName} ${props.probe.sensor}`, time })}
      />
      <figcaption class="quiet">{time}</figcaption>
    </figure>
  )
}

const isWhole = (picture: PictureDocument | null): picture is PictureDocument =>
  picture !== null && picture.expected !== null && picture.parts >= picture.expected

function Earlier(props: {
  readonly probe: ProbeDocument
  readonly nowMs: number
  readonly onShow: (request: string) => void
}) {
  const { t } = useSpeech()
  const [pictures, setPictures] = useState<readonly PictureDocument[]>([])
  const { gateway, sensor } = props.probe
  useEffect(() => {
    api.pictures(gateway, sensor).then(setPictures, () => undefined)
  }, [gateway, sensor])
  if (pictures.length === 0) return null
  return (
    <>
      <h3>{t('picture.earlier')}</h3>
      <ul class="earlier-pictures">
        {pictures.map((picture) => (
          <li key={picture.request}>
            <Ago at={picture.askedAt} nowMs={props.nowMs} /> {picture.by}: {picture.reason}
            <button type="button" class="plain" onClick={() => props.onShow(picture.request)}>
              {t('picture.show')}
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}
