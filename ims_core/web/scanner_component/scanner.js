// The scanner on the screen: a field that is always ready for a hand scanner, and a camera whose picture is read here in the browser.
// Every read goes to the server as one line of a growing list, each with a key of its own: a line that comes twice is known there.

const scanners = new WeakMap()
const BLUR = 250      // ms after which the field takes the focus back
const FAST = 35       // ms between two signs: faster than anyone types
const QUIET = 120     // ms of silence after which a burst without Enter is a whole code
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
  let reads = [], number = 0, told = "", sound = null, burst = 0, before = 0, timer = 0

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
      if (burst > 5) timer = setTimeout(entered, QUIET)             // a scanner that sends no Enter
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
      tell(data.verdict)
    },
    stop() {
      clearTimeout(timer)
      document.removeEventListener("keydown", anywhere, true)
      document.removeEventListener("visibilitychange", visible)
      window.removeEventListener("focus", back)
      if (sound) sound.close()
    },
  }
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map(byte => byte.toString(16).padStart(2, "0")).join("")
}
