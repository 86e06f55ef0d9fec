// A picture of what is seen, as a file.
import { css } from "./paint.mjs";
import { inWords } from "./wording.mjs";

const [HEIGHT, GAP, LINE] = [280, 28, 34];

/** Save the drawing, the layers and the answer as one PNG file. */
export function savePicture(page, canvases) {
  const sizes = canvases.map(({ canvas }) => (canvas.width / canvas.height) * HEIGHT);
  const sheet = document.createElement("canvas");
  sheet.width = sizes.reduce((sum, width) => sum + width + GAP, GAP);
  sheet.height = HEIGHT + 3 * LINE + 2 * GAP;
  const context = sheet.getContext("2d");
  context.fillStyle = css("paper");
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.fillStyle = css("ink");
  context.font = "600 22px system-ui, sans-serif";
  context.fillText(page.model.title, GAP, GAP + 18);
  context.font = "18px system-ui, sans-serif";
  let x = GAP;
  canvases.forEach(({ canvas, caption }, i) => {
    context.imageSmoothingEnabled = canvas.width > 200;
    context.drawImage(canvas, x, GAP + LINE, sizes[i], HEIGHT);
    context.fillText(caption, x, GAP + HEIGHT + 1.9 * LINE);
    x += sizes[i] + GAP;
  });
  if (page.seen.answer) context.fillText(inWords(page.model, page.seen.answer, 3), GAP, GAP + HEIGHT + 2.8 * LINE);
  sheet.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "deepbelief.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}
