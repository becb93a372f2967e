//! Stands in for the reader of TensorFlow Lite models in builds without it: it takes a minute to
//! build, and the models do not come with the binary.

/// What cannot be.
pub(super) enum Model {}

impl Model {
    pub(super) fn read(_: &[u8]) -> Result<Self, String> {
        Err("this build cannot read TensorFlow Lite models; build with `--features nixie-functions/tflite`".to_owned())
    }

    pub(super) fn run(&self, _: &[i32]) -> Option<String> {
        match *self {}
    }
}
