// Crowd HTML Elements, written anew: pages made for the service that is gone load this in their place.

import { Alert, Badge, Card, Instructions, Modal, SignButton, Tab, Tabs, Toast } from "./around.js";
import { BoundingBox } from "./boxes.js";
import { Classifier, ImageClassifier, MultiClassifier, MultiImageClassifier } from "./classify.js";
import { make } from "./element.js";
import { Checkbox, Input, RadioButton, RadioGroup, Slider, TextArea, Toggle } from "./fields.js";
import { Button, Form } from "./form.js";

// The form comes first: it moves what is inside it, which then is built where it stays.
const ELEMENTS = {
  "crowd-form": Form,
  "crowd-tabs": Tabs,
  "crowd-tab": Tab,
  "crowd-card": Card,
  "crowd-instructions": Instructions,
  "crowd-modal": Modal,
  "crowd-alert": Alert,
  "crowd-toast": Toast,
  "crowd-badge": Badge,
  "crowd-fab": class extends SignButton {},
  "crowd-icon-button": class extends SignButton {},
  "crowd-button": Button,
  "crowd-input": Input,
  "crowd-text-area": TextArea,
  "crowd-checkbox": Checkbox,
  "crowd-radio-group": RadioGroup,
  "crowd-radio-button": RadioButton,
  "crowd-slider": Slider,
  "crowd-toggle-button": Toggle,
  "crowd-classifier": Classifier,
  "crowd-classifier-multi-select": MultiClassifier,
  "crowd-image-classifier": ImageClassifier,
  "crowd-image-classifier-multi-select": MultiImageClassifier,
  "crowd-bounding-box": BoundingBox,
};
// Known, and not built here: an answer without them would be worth nothing.
const MISSING = [
  "crowd-instance-segmentation",
  "crowd-semantic-segmentation",
  "crowd-keypoint",
  "crowd-line",
  "crowd-polygon",
  "crowd-polyline",
  "crowd-rich-text",
  "crowd-entity-annotation",
  "crowd-text-ranking",
];

document.head.append(make("link", { rel: "stylesheet", href: new URL("elements.css", import.meta.url).href }));
for (const [name, element] of Object.entries(ELEMENTS)) if (!customElements.get(name)) customElements.define(name, element);

const missing = [...new Set([...document.querySelectorAll(MISSING.join(", "))].map((node) => `<${node.localName}>`))];
if (missing.length) {
  const text = `This page uses ${missing.join(", ")}, which this server does not have. It cannot be answered here: please return the HIT.`;
  document.body.prepend(make("p", { className: "crowd-problem", attributes: { role: "alert", "data-crowd-unsupported": "" } }, text));
}
document.dispatchEvent(new Event("all-crowd-elements-ready"));
