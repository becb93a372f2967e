//! Vis specifications as messages: clients of gRPC get them so, files have them as JSON.

use crate::ApiError;
use crate::proto::{DESCRIPTORS, vispb};
use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor};
use std::sync::OnceLock;

/// Name of the message.
const NAME: &str = "px.vispb.Vis";

/// Returns the message of a vis specification in JSON.
///
/// # Errors
///
/// When the text is none.
pub fn vis_of_json(text: &str) -> Result<vispb::Vis, ApiError> {
    let descriptor = descriptor().ok_or_else(|| wrong("its description is missing"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new();
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut json, &options);
    message
        .map_err(|error| wrong(&error.to_string()))?
        .transcode_to()
        .map_err(|error| wrong(&error.to_string()))
}

fn wrong(why: &str) -> ApiError {
    ApiError::Vis(why.to_owned())
}

/// Returns what the message is made of; read once.
fn descriptor() -> Option<MessageDescriptor> {
    static READ: OnceLock<Option<MessageDescriptor>> = OnceLock::new();
    let read = || {
        DescriptorPool::decode(DESCRIPTORS)
            .ok()?
            .get_message_by_name(NAME)
    };
    READ.get_or_init(read).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::Message;

    #[test]
    fn json_becomes_a_message_with_its_display() {
        let vis = vis_of_json(
            r#"{
              "variables": [
                {"name": "a", "type": "PX_POD", "defaultValue": ""},
                {"name": "b", "type": "PX_INT64", "validValues": ["1"]}
              ],
              "globalFuncs": [{"outputName": "o", "func": {"name": "f", "args": [
                {"name": "x", "variable": "a"}, {"name": "y", "value": "1"}]}}],
              "widgets": [{"name": "w", "position": {"w": 12, "h": 3}, "globalFuncOutputName": "o",
                "displaySpec": {"@type": "types.px.dev/px.vispb.TimeseriesChart",
                  "timeseries": [{"value": "v", "mode": "MODE_AREA", "stackBySeries": true}],
                  "yAxis": {"label": "y"}}}]
            }"#,
        )
        .unwrap();
        let [a, b] = &*vis.variables else {
            panic!("{vis:?}")
        };
        assert_eq!(
            (a.default_value.as_deref(), b.default_value.as_deref()),
            (Some(""), None)
        );
        assert_eq!((a.r#type, &*b.valid_values), (1001, &["1".to_owned()][..]));
        let widget = &vis.widgets[0];
        assert_eq!(
            widget.position.map(|place| (place.x, place.w)),
            Some((0, 12))
        );
        let display = widget.display_spec.as_ref().unwrap();
        assert_eq!(display.type_url, "types.px.dev/px.vispb.TimeseriesChart");
        let chart = vispb::TimeseriesChart::decode(&*display.value).unwrap();
        assert_eq!(
            (chart.timeseries[0].mode, &*chart.y_axis.unwrap().label),
            (4, "y")
        );
    }

    #[test]
    fn what_is_none_is_told() {
        for text in [
            "",
            "[]",
            r#"{"widgets": 1}"#,
            r#"{"widgetz": []}"#,
            r#"{"widgets": [{"displaySpec": {"@type": "types.px.dev/px.vispb.Nothing"}}]}"#,
        ] {
            let error = vis_of_json(text).unwrap_err().to_string();
            assert!(
                error.starts_with("vis specification cannot be told: "),
                "{text}: {error}"
            );
        }
    }
}
