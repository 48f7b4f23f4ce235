"use strict";
// Shows what will be kept of a picture before it is sent. Without it the sliders work all the same, and the server cuts.
const form = document.querySelector("#picture-form");
const canvas = document.querySelector("#picture-preview");
if (form && canvas) {
  const file = form.querySelector("#f-picture");
  const [x, y, zoom] = ["#f-x", "#f-y", "#f-zoom"].map((id) => form.querySelector(id));
  let picture = null;

  // As the server does it: users::pictures::Crop::square.
  const draw = () => {
    if (!picture) return;
    const side = Math.max(1, Math.floor(Math.min(picture.width, picture.height) * 100 / Number(zoom.value)));
    const left = (picture.width - side) * Number(x.value) / 100;
    const top = (picture.height - side) * Number(y.value) / 100;
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, left, top, side, side, 0, 0, canvas.width, canvas.height);
  };
  const choose = async () => {
    picture?.close();
    picture = null;
    try {
      if (file.files.length > 0) picture = await createImageBitmap(file.files[0], { imageOrientation: "from-image" });
    } catch { /* the server says what is wrong with it */ }
    canvas.hidden = !picture;
    draw();
  };
  file.addEventListener("change", choose);
  for (const slider of [x, y, zoom]) slider.addEventListener("input", draw);
  choose();
}
