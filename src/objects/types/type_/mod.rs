//! `type`: making classes, their attributes, `super`.
