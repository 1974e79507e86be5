// The scanner on the screen: a field that is always ready for a hand scanner, and a camera whose picture is read here in the browser.
// Every read goes to the server as one line of a growing list, each with a key of its own: a line that comes twice is known there.

const scanners = new WeakMap()
const BLUR = 250      // ms after which the field takes the focus back
const FAST = 35       // ms between two signs: faster than anyone types
const QUIET = 400     // ms of silence after which a whole number without Enter is taken: not every scanner sends one
const TONES = { ok: [1320], look: [990], ask: [740, 740], unknown: [440, 330], refused: [220, 220, 220] }

export default function (component) {
  const root = component.parentElement
  let scanner = scanners.get(root)
  if (!scanner) scanners.set(root, (scanner = start(root)))
  scanner.update(component)
  return scanner.stop
}

function start(root) {
  const field = root.querySelector("input")
  const frame = root.querySelector(".frame")
  const opened = random()
  let { data, send } = { data: {}, send: () => {} }
  let reads = [], number = 0, told = "", sound = null, burst = 0, before = 0, timer = 0, camera = null, say = () => {}

  const scanned = (code, by) => {
    code = code.trim()
    if (!code) return
    number += 1
    reads.push({ key: `${opened}-${number}`, number, code, by, ...data.now })
    send([...reads])
    tone([1760], 0.04)
  }

  const entered = () => {
    clearTimeout(timer)
    const code = field.value
    field.value = ""
    burst = 0
    quietly()
    scanned(code, "field")
  }

  // A keyboard that rises over half a phone is asked for by a touch of the field, never by the focus it takes back.
  const quietly = () => { field.inputMode = matchMedia("(pointer: coarse)").matches ? "none" : "text" }

  field.onkeydown = event => {
    const now = performance.now()
    if (event.key === "Enter" || (event.key === "Tab" && field.value)) {
      event.preventDefault()
      entered()
    } else if (event.ctrlKey && event.code === "BracketRight") {   // how a scanner types FNC1
      event.preventDefault()
      field.value += "\x1d"
    } else if (event.key.length === 1) {
      burst = now - before < FAST ? burst + 1 : 0
      before = now
      clearTimeout(timer)
      if (burst > 5) timer = setTimeout(() => whole(field.value) && entered(), QUIET)
    }
    event.stopPropagation()
  }
  field.onpointerdown = () => { field.inputMode = "text" }
  field.onfocus = () => frame.classList.add("ready")
  field.onblur = () => { frame.classList.remove("ready"); setTimeout(back, BLUR) }

  const busy = () => {
    let at = document.activeElement
    while (at && at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement
    return at && at !== field && at.matches("input, textarea, select, [contenteditable=true], [role=combobox], [role=option]")
  }
  const open = () => document.querySelector("[role=dialog], [data-baseweb=popover], [role=listbox]")
  const back = () => { if (field.isConnected && !busy() && !open() && document.hasFocus()) field.focus({ preventScroll: true }) }

  // What a scanner types while a button has the focus comes here too.
  const anywhere = event => {
    if (busy() || open() || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return
    field.focus({ preventScroll: true })
  }
  const visible = () => { if (!document.hidden) back() }
  document.addEventListener("keydown", anywhere, true)
  document.addEventListener("visibilitychange", visible)
  window.addEventListener("focus", back)

  const tone = (notes, long = 0.11) => {
    if (data.silent) return
    try {
      sound = sound || new AudioContext()
      notes.forEach((note, at) => {
        const voice = sound.createOscillator(), volume = sound.createGain(), begin = sound.currentTime + at * (long + 0.04)
        voice.frequency.value = note
        volume.gain.setValueAtTime(0.15, begin)
        volume.gain.exponentialRampToValueAtTime(0.001, begin + long)
        voice.connect(volume).connect(sound.destination)
        voice.start(begin)
        voice.stop(begin + long)
      })
    } catch { /* a browser that plays nothing before the first touch */ }
  }

  const tell = verdict => {
    if (!verdict || verdict.key === told) return
    told = verdict.key
    frame.dataset.tone = verdict.tone
    frame.classList.remove("flash")
    void frame.offsetWidth
    frame.classList.add("flash")
    if (TONES[verdict.tone]) tone(TONES[verdict.tone])
    if (verdict.tone !== "ok" && verdict.tone !== "look" && navigator.vibrate) navigator.vibrate(120)
  }

  quietly()
  setTimeout(back, 50)

  return {
    update(component) {
      data = component.data || {}
      send = list => component.setStateValue("reads", list)
      field.placeholder = data.hint || ""
      reads = reads.filter(read => read.number > (data.opened === opened ? data.done || 0 : 0))
      say = (name, state) => component.setStateValue(name, state)
      tell(data.verdict)
      if (data.camera && !camera) camera = film(root.querySelector(".camera"), () => data, code => scanned(code, "camera"), (...state) => say(...state))
      if (!data.camera && camera) camera = camera.stop()
      if (camera) camera.answered(data.answer)
    },
    stop() {
      if (camera) camera = camera.stop()
      clearTimeout(timer)
      document.removeEventListener("keydown", anywhere, true)
      document.removeEventListener("visibilitychange", visible)
      window.removeEventListener("focus", back)
      if (sound) sound.close()
    },
  }
}

// -- the camera

const KINDS = {  // what shops have on their goods -> what the browser's own reader calls it
  EAN13: "ean_13", EAN8: "ean_8", UPCA: "upc_a", UPCE: "upc_e", Code128: "code_128", Code39: "code_39", Code93: "code_93", ITF: "itf",
  DataMatrix: "data_matrix", QRCode: "qr_code",
}
const TOGETHER = 1000  // ms within which two equal reads make one that counts
const PAUSE = 15       // ms between two looks at the picture, so that the page stays quick
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } }

// Shows the back camera and tells each code once for each time that it is shown. It says why where it cannot.
function film(frame, data, scanned, say) {
  const video = frame.querySelector("video"), seen = new Map()
  let stream = null, line = null, over = false

  // True where it is the first of two reads.
  const accept = (text, now) => {
    const [last, counted] = seen.get(text) || [-Infinity, false]
    const away = now - last
    if (away > (data().moment || 2) * 1000 || (!counted && away > TOGETHER)) {
      seen.set(text, [now, false])
      return true
    }
    seen.set(text, [now, true])
    if (!counted) scanned(text)
    return false
  }

  // The second read is of the next picture, and only of where the first one was: that takes a tenth of the time.
  const look = async read => {
    let near = null
    while (!over) {
      if (video.readyState >= 2 && !document.hidden) {
        const now = performance.now(), found = new Map((await read(video, near).catch(() => [])).map(code => [code.text, code.where]))
        near = null
        for (const [text, where] of found) if (!over && accept(text, now)) near = found.size === 1 ? where : null
      }
      await (near ? picture(video) : new Promise(done => setTimeout(done, PAUSE)))
    }
  }

  const open = async () => {
    if (!window.isSecureContext || !navigator.mediaDevices) return say("camera", "insecure")
    const read = await reader(data().decoder)
    try {
      const rate = read ? {} : { frameRate: { ideal: 15, max: 15 } }  // more pictures cost the server more than they find sooner
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: { ideal: "environment" }, ...SIZE, ...rate } })
    } catch (failure) {
      return say("camera", failure.name === "NotAllowedError" ? "denied" : "missing")
    }
    if (over) return stream.getTracks().forEach(track => track.stop())
    video.srcObject = stream
    frame.hidden = false
    if (read) {
      say("camera", "open")
      look(read)
    } else line = sent(stream, data, scanned, say, ready => frame.classList.toggle("waits", !ready))
  }
  open()

  return {
    answered(answer) { if (line && answer) line.answered(answer) },
    stop() {
      over = true
      frame.hidden = true
      video.srcObject = null
      if (line) line.stop()
      if (stream) stream.getTracks().forEach(track => track.stop())
      return null
    },
  }
}

// -- a camera whose pictures the server reads

const PATIENCE = 15000  // ms until a connection that does not come about is begun anew
const GATHER = 1500     // ms for the browser to find out by which addresses it can be reached

// Sends the pictures over WebRTC; what the server reads on them comes back on the same connection, and goes the way of every other read.
// One connection at a time, named in offer and answer, and begun again for as long as the camera is wanted.
function sent(stream, data, scanned, say, ready) {
  let peer = null, name = "", tries = 0, timer = 0

  const again = after => { clearTimeout(timer); timer = setTimeout(begin, after) }
  const hang = () => { clearTimeout(timer); if (peer) peer.close(); peer = null }

  const begin = async () => {
    hang()
    ready(false)
    tries += 1
    if (tries > 2) say("camera", "lost")
    const mine = peer = new RTCPeerConnection({ iceServers: data().ice || [] })
    const heard = mine.createDataChannel("codes")
    heard.onmessage = message => scanned(message.data)
    heard.onopen = () => { clearTimeout(timer); tries = 0; ready(true); say("camera", "server") }
    mine.onconnectionstatechange = () => {
      if (mine === peer && mine.connectionState === "failed") again(500)
      if (mine === peer && mine.connectionState === "disconnected") again(3000)
      if (mine === peer && mine.connectionState === "connected" && heard.readyState === "open") clearTimeout(timer)
    }
    stream.getVideoTracks().forEach(track => { mine.addTransceiver(track, { direction: "sendonly", streams: [stream] }) })
    await mine.setLocalDescription()
    await gathered(mine)
    if (mine !== peer) return
    name = random()
    say("offer", { id: name, type: "offer", sdp: mine.localDescription.sdp })
    again(PATIENCE)
  }
  begin()

  return {
    answered({ id, sdp }) {
      if (peer && id === name && peer.signalingState === "have-local-offer") peer.setRemoteDescription({ type: "answer", sdp }).catch(() => again(500))
    },
    stop() {
      hang()
      say("offer", null)
    },
  }
}

function gathered(peer) {
  return new Promise(done => {
    const look = () => { if (peer.iceGatheringState === "complete") done() }
    peer.addEventListener("icegatheringstatechange", look)
    setTimeout(done, GATHER)
    look()
  })
}

// The browser's own reader where it has one, else zxing where it is installed; null where there is neither.
async function reader(decoder) {
  const right = (text, kind) => (kind !== "itf" && kind !== "ITF") || text.length === 14
  if ("BarcodeDetector" in window) {
    const here = (await BarcodeDetector.getSupportedFormats().catch(() => [])).filter(kind => Object.values(KINDS).includes(kind))
    if (here.includes("ean_13")) {
      const own = new BarcodeDetector({ formats: here })
      return async video => (await own.detect(video)).filter(code => right(code.rawValue, code.format)).map(code => ({ text: code.rawValue, where: null }))
    }
  }
  if (!decoder || !(await loaded(decoder).catch(() => false))) return null
  const zxing = window.ZXingWASM, canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true })
  const how = { formats: [...Object.keys(KINDS), "DataBar"], textMode: "Plain", maxNumberOfSymbols: 8 }
  return async (video, near) => {
    const { left, top, width, height } = near || { left: 0, top: 0, width: video.videoWidth, height: video.videoHeight }
    canvas.width = width
    canvas.height = height
    pen.drawImage(video, left, top, width, height, 0, 0, width, height)
    const codes = await zxing.readBarcodes(pen.getImageData(0, 0, width, height), how)
    return codes.filter(code => code.isValid && right(code.text, code.format)).map(code => ({ text: code.text, where: around(code.position, video) }))
  }
}

// The part of the picture in which a code stands, with room for a hand that trembles.
function around(position, video) {
  const corners = Object.values(position).filter(corner => corner && typeof corner === "object")
  const xs = corners.map(corner => corner.x), ys = corners.map(corner => corner.y)
  const room = 40 + 0.25 * (Math.max(...xs) - Math.min(...xs))
  const left = Math.max(0, Math.floor(Math.min(...xs) - room)), top = Math.max(0, Math.floor(Math.min(...ys) - room))
  const right = Math.min(video.videoWidth, Math.max(...xs) + room), bottom = Math.min(video.videoHeight, Math.max(...ys) + room)
  return { left, top, width: Math.ceil(right - left), height: Math.ceil(bottom - top) }
}

// Until the camera has another picture.
function picture(video) {
  const late = new Promise(done => setTimeout(done, 100))
  return video.requestVideoFrameCallback ? Promise.race([late, new Promise(done => video.requestVideoFrameCallback(done))]) : late
}

let loading = null
function loaded(decoder) {
  loading = loading || new Promise((done, failed) => {
    const script = document.createElement("script")
    script.src = `${decoder}/index.js`
    script.onload = () => {
      window.ZXingWASM.prepareZXingModule({ overrides: { locateFile: file => `${decoder}/${file}` }, fireImmediately: true }).then(() => done(true), failed)
    }
    script.onerror = failed
    document.head.append(script)
  })
  return loading
}

// True for an EAN, UPC or GTIN with its right check digit: only such a number is taken without Enter, or a pause would cut a code in two.
function whole(text) {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false
  return [...text].reverse().reduce((sum, digit, place) => sum + digit * (place % 2 ? 3 : 1), 0) % 10 === 0
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map(byte => byte.toString(16).padStart(2, "0")).join("")
}
