//! Models, and what is fitted to rows.

mod coreset;
mod embedding;
mod encode_sentence_piece;
mod kmeans;
mod kmeans_fit;
mod kmeans_inference;
mod models;
mod text_embedding;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &encode_sentence_piece::ENCODE_SENTENCE_PIECE,
    &text_embedding::TEXT_EMBEDDING,
    &kmeans_fit::KMEANS_FIT,
    &kmeans_inference::KMEANS_INFERENCE,
];
