//! A flat view of pest's pairs: sixteen bytes a node, children after their parent.

use pest::Parser;
use pest::Token;
use pest::error::Error;
use pest::iterators::Pairs;

use crate::grammar::python::{Python, Rule};
use crate::shapes;

#[derive(Clone, Copy, Debug)]
struct Flat {
    rule: Rule,
    start: u32,
    end: u32,
    next: u32,
}

/// All nodes of one parse, in source order.
#[derive(Debug)]
pub(crate) struct Tree {
    nodes: Vec<Flat>,
}

/// A node: a rule that matched a range of tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node<'a> {
    nodes: &'a [Flat],
    index: u32,
}

/// A walk over the tokens of a node: its children, and the tokens between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a> {
    kids: Kids<'a>,
    /// The token to come.
    pub(crate) at: usize,
    /// One past the last.
    pub(crate) end: usize,
}

/// What is left of a node's children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kids<'a> {
    nodes: &'a [Flat],
    index: u32,
    end: u32,
}

fn number(position: usize) -> u32 {
    u32::try_from(position).expect("sources are limited to 4 GiB")
}

impl Tree {
    /// What `rule` makes of tokens of these kinds, from the first on.
    ///
    /// # Errors
    /// The grammar does not take them.
    pub(crate) fn parse(rule: Rule, kinds: &str) -> Result<Self, Box<Error<Rule>>> {
        let shapes = shapes::of_kinds(kinds);
        Python::parse(rule, &shapes).map(Self::new).map_err(Box::new)
    }

    /// Flattens `pairs`.
    fn new(pairs: Pairs<'_, Rule>) -> Self {
        let mut nodes: Vec<Flat> = Vec::with_capacity(pairs.get_input().len());
        let mut open: Vec<usize> = Vec::new();
        for token in pairs.tokens() {
            match token {
                Token::Start { rule, pos } => {
                    open.push(nodes.len());
                    nodes.push(Flat { rule, start: number(pos.pos()), end: 0, next: 0 });
                }
                Token::End { pos, .. } => {
                    let next = number(nodes.len());
                    let index = open.pop().expect("pest's tokens come in pairs");
                    if let Some(node) = nodes.get_mut(index) {
                        node.end = number(pos.pos());
                        node.next = next;
                    }
                }
            }
        }
        Self { nodes }
    }

    /// The node of the rule that was asked for.
    pub(crate) fn root(&self) -> Node<'_> {
        Node { nodes: &self.nodes, index: 0 }
    }
}

impl<'a> Node<'a> {
    #[inline]
    fn flat(self) -> &'a Flat {
        &self.nodes[self.index as usize]
    }

    /// Which rule.
    #[inline]
    pub(crate) fn rule(self) -> Rule {
        self.flat().rule
    }

    /// Its first token.
    #[inline]
    pub(crate) fn start(self) -> usize {
        self.flat().start as usize
    }

    /// One past its last token.
    #[inline]
    pub(crate) fn end(self) -> usize {
        self.flat().end as usize
    }

    /// Its children.
    #[inline]
    pub(crate) fn kids(self) -> Kids<'a> {
        Kids { nodes: self.nodes, index: self.index + 1, end: self.flat().next }
    }

    /// Its tokens, from the `skipped`th on.
    #[inline]
    pub(crate) fn walk(self, skipped: usize) -> Walk<'a> {
        Walk { kids: self.kids(), at: self.start() + skipped, end: self.end() }
    }

    /// Its only or first child, where the grammar says there is one.
    #[inline]
    pub(crate) fn first(self) -> Node<'a> {
        self.kids().required()
    }
}

impl<'a> Walk<'a> {
    /// Whether all is done.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    /// The rule of the child that begins at the token to come, if one does.
    #[inline]
    pub(crate) fn rule(&self) -> Option<Rule> {
        self.kids.peek_node().filter(|node| node.start() == self.at).map(Node::rule)
    }

    /// The child that begins at the token to come, if one does; the walk goes on behind it.
    #[inline]
    pub(crate) fn child(&mut self) -> Option<Node<'a>> {
        let node = self.kids.peek_node().filter(|node| node.start() == self.at)?;
        self.kids.next();
        self.at = node.end();
        Some(node)
    }

    /// The same where the grammar says that there is one.
    #[inline]
    pub(crate) fn required(&mut self) -> Node<'a> {
        self.child().expect("the grammar gives this rule a child here")
    }

    /// The child to come, if it begins here and is of `rule`.
    #[inline]
    pub(crate) fn accept(&mut self, rule: Rule) -> Option<Node<'a>> {
        if self.kids.peek() == Some(rule) { self.child() } else { None }
    }
}

impl<'a> Kids<'a> {
    /// The rule of the next child.
    #[inline]
    pub(crate) fn peek(&self) -> Option<Rule> {
        (self.index < self.end).then(|| self.nodes[self.index as usize].rule)
    }

    /// The next child, which stays.
    #[inline]
    pub(crate) fn peek_node(&self) -> Option<Node<'a>> {
        (self.index < self.end).then_some(Node { nodes: self.nodes, index: self.index })
    }

    /// The next child where the grammar says there is one.
    #[inline]
    pub(crate) fn required(&mut self) -> Node<'a> {
        self.next().expect("the grammar gives this rule one more child")
    }

    /// The next child if it is of `rule`.
    #[inline]
    pub(crate) fn accept(&mut self, rule: Rule) -> Option<Node<'a>> {
        if self.peek() == Some(rule) { self.next() } else { None }
    }
}

impl<'a> Iterator for Kids<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        let node = self.peek_node()?;
        self.index = self.nodes[self.index as usize].next;
        Some(node)
    }
}
