//! Rewrites a function body so that it pays for itself: ink per basic block, ink per byte moved,
//! stack depth per frame, memory before it grows.
//!
//! The four transformations run in this order, each seeing what the former wrote. The order decides what is
//! counted as an operator and how high the operand stack stands, both of which are observable prices.
//!
//! Upstream: `arbitrator/prover/src/programs/{meter,dynamic,depth,heap}.rs` (Nitro v3.9.5).

use wasmparser::{BlockType, Operator};

use crate::{
    ActivationError,
    error::refused,
    parse::Binary,
    price::{BLOCK_HEADER_INK, BULK_BYTE_INK, ink},
};

const MAX_OPERATORS: usize = 65_536;
const MAX_FRAME_WORDS: u32 = 10_240;
const MAX_OPERANDS: u32 = 4_096;

/// Indices of the four globals that instrumentation appends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Meters {
    pub(crate) ink_left: u32,
    pub(crate) ink_status: u32,
    pub(crate) scratch: u32,
    pub(crate) stack_left: u32,
}

impl Meters {
    /// The globals that follow `globals` existing ones.
    pub(crate) fn after(globals: usize) -> Self {
        let base = globals as u32;
        Self { ink_left: base, ink_status: base + 1, scratch: base + 2, stack_left: base + 3 }
    }
}

/// Instruments the body of one function with `locals` declared locals.
pub(crate) fn instrument<'a>(
    binary: &Binary<'_>,
    body: Vec<Operator<'a>>,
    locals: u32,
    meters: Meters,
) -> Result<Vec<Operator<'a>>, ActivationError> {
    let body = meter_ink(binary, body, meters)?;
    let body = check_depth(binary, body, locals, meters)?;
    let body = bound_heap(binary, body, meters);
    if body.len() > MAX_OPERATORS {
        return refused(format!("function of {} operators, the limit is {MAX_OPERATORS}", body.len()));
    }
    Ok(body)
}

/// Ink meter and dynamic meter.
fn meter_ink<'a>(
    binary: &Binary<'_>,
    body: Vec<Operator<'a>>,
    meters: Meters,
) -> Result<Vec<Operator<'a>>, ActivationError> {
    let mut out = Vec::with_capacity(body.len() * 4);
    let mut block = Vec::new();
    let mut cost = BLOCK_HEADER_INK;
    for op in body {
        let parameters = match op {
            Operator::CallIndirect { type_index, .. } => {
                binary.types.get(type_index as usize).map_or(0, |ty| ty.params().len())
            }
            _ => 0,
        };
        let Some(price) = ink(&op, parameters) else {
            return refused(format!("unsupported operator {op:?}"));
        };
        cost = cost.saturating_add(price);
        let ends = matches!(
            op,
            Operator::End
                | Operator::Else
                | Operator::Return
                | Operator::Loop { .. }
                | Operator::Br { .. }
                | Operator::BrTable { .. }
                | Operator::BrIf { .. }
                | Operator::If { .. }
                | Operator::Call { .. }
                | Operator::CallIndirect { .. }
        );
        if matches!(op, Operator::MemoryFill { .. } | Operator::MemoryCopy { .. }) {
            pay_per_byte(&mut block, meters);
        }
        block.push(op);
        if ends {
            pay_for_block(&mut out, cost, meters);
            out.append(&mut block);
            cost = BLOCK_HEADER_INK;
        }
    }
    Ok(out)
}

fn pay_for_block(out: &mut Vec<Operator<'_>>, cost: u64, meters: Meters) {
    let ink = meters.ink_left;
    out.extend([
        Operator::GlobalGet { global_index: ink },
        Operator::I64Const { value: cost.cast_signed() },
        Operator::I64LtU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 1 },
        Operator::GlobalSet { global_index: meters.ink_status },
        Operator::Unreachable,
        Operator::End,
        Operator::GlobalGet { global_index: ink },
        Operator::I64Const { value: cost.cast_signed() },
        Operator::I64Sub,
        Operator::GlobalSet { global_index: ink },
    ]);
}

/// Takes 100 ink a byte; the operand on top of the stack is the number of bytes.
fn pay_per_byte(out: &mut Vec<Operator<'_>>, meters: Meters) {
    let ink = meters.ink_left;
    out.extend([
        Operator::GlobalSet { global_index: meters.scratch },
        Operator::GlobalGet { global_index: ink },
        Operator::GlobalGet { global_index: ink },
        Operator::GlobalGet { global_index: meters.scratch },
        Operator::I64ExtendI32U,
        Operator::I64Const { value: BULK_BYTE_INK },
        Operator::I64Mul,
        Operator::I64Sub,
        Operator::GlobalSet { global_index: ink },
        Operator::GlobalGet { global_index: ink },
        Operator::I64LtU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 1 },
        Operator::GlobalSet { global_index: meters.ink_status },
        Operator::Unreachable,
        Operator::End,
        Operator::GlobalGet { global_index: meters.scratch },
    ]);
}

/// Depth checker: takes the frame's size at entry and gives it back at every way out.
fn check_depth<'a>(
    binary: &Binary<'_>,
    body: Vec<Operator<'a>>,
    locals: u32,
    meters: Meters,
) -> Result<Vec<Operator<'a>>, ActivationError> {
    let operands = worst_height(binary, &body)?;
    if operands > MAX_OPERANDS {
        return refused(format!("function with {operands} operands on its stack"));
    }
    let size = operands + locals + 4;
    if size > MAX_FRAME_WORDS {
        return refused(format!("frame of {size} words, the limit is {MAX_FRAME_WORDS}"));
    }
    let space = meters.stack_left;
    let words = Operator::I32Const { value: size.cast_signed() };
    let release = [
        Operator::GlobalGet { global_index: space },
        words.clone(),
        Operator::I32Add,
        Operator::GlobalSet { global_index: space },
    ];
    let mut out = Vec::with_capacity(body.len() + 17);
    out.extend([
        Operator::GlobalGet { global_index: space },
        words.clone(),
        Operator::I32LeU,
        Operator::If { blockty: BlockType::Empty },
        Operator::I32Const { value: 0 },
        Operator::GlobalSet { global_index: space },
        Operator::Unreachable,
        Operator::End,
        Operator::GlobalGet { global_index: space },
        words,
        Operator::I32Sub,
        Operator::GlobalSet { global_index: space },
    ]);
    let last = body.len().saturating_sub(1);
    for (index, op) in body.into_iter().enumerate() {
        if index == last {
            out.extend(release.clone());
            out.push(Operator::Return);
        } else if matches!(op, Operator::Return) {
            out.extend(release.clone());
        }
        out.push(op);
    }
    Ok(out)
}

/// The highest the operand stack can stand, by the node's simple walk over the operators.
fn worst_height(binary: &Binary<'_>, body: &[Operator<'_>]) -> Result<u32, ActivationError> {
    let mut height = 0u32;
    let mut worst = 0u32;
    let mut scopes = vec![0u32];
    let arity = |ty: Option<&wasmparser::FuncType>| -> Result<(u32, u32), ActivationError> {
        match ty {
            Some(ty) => Ok((ty.params().len() as u32, ty.results().len() as u32)),
            None => refused("unknown function type"),
        }
    };
    let block = |ty: &BlockType| match ty {
        BlockType::Empty => Ok((0, 0)),
        BlockType::Type(_) => Ok((0, 1)),
        BlockType::FuncType(index) => arity(binary.types.get(*index as usize)),
    };
    for op in body {
        use Operator as O;
        // (pops before the pushes, pushes, pops after them)
        let (before, push, after) = match op {
            O::Block { blockty } | O::Loop { blockty } => {
                let (ins, outs) = block(blockty)?;
                (0, outs, ins)
            }
            O::If { blockty } => {
                let (ins, outs) = block(blockty)?;
                (1, outs, ins)
            }
            O::Else => {
                height = *scopes.last().expect("a valid body closes only what it opened");
                continue;
            }
            O::End => {
                height = scopes.pop().expect("a valid body closes only what it opened");
                continue;
            }
            O::Call { function_index } => {
                let (ins, outs) = arity(binary.signature(*function_index))?;
                (0, outs, ins)
            }
            O::CallIndirect { type_index, .. } => {
                let (ins, outs) = arity(binary.types.get(*type_index as usize))?;
                (1, outs, ins)
            }
            O::LocalGet { .. } | O::GlobalGet { .. } | O::MemorySize { .. } => (0, 1, 0),
            O::I32Const { .. } | O::I64Const { .. } | O::F32Const { .. } | O::F64Const { .. } => (0, 1, 0),
            O::Drop | O::LocalSet { .. } | O::GlobalSet { .. } | O::BrIf { .. } | O::BrTable { .. } => {
                (1, 0, 0)
            }
            O::Select => (2, 0, 0),
            O::MemoryCopy { .. } | O::MemoryFill { .. } => (3, 0, 0),
            op if is_store(op) => (2, 0, 0),
            op if is_binary(op) => (1, 0, 0),
            _ => (0, 0, 0),
        };
        height = height.saturating_sub(before).saturating_add(push);
        worst = worst.max(height);
        height = height.saturating_sub(after);
        if matches!(op, O::Block { .. } | O::Loop { .. } | O::If { .. }) {
            scopes.push(height);
        }
    }
    Ok(worst)
}

fn is_store(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Store { .. }
            | O::I32Store8 { .. }
            | O::I32Store16 { .. }
            | O::I64Store { .. }
            | O::I64Store8 { .. }
            | O::I64Store16 { .. }
            | O::I64Store32 { .. }
            | O::F32Store { .. }
            | O::F64Store { .. }
    )
}

#[rustfmt::skip]
fn is_binary(op: &Operator<'_>) -> bool {
    use Operator as O;
    matches!(
        op,
        O::I32Eq | O::I32Ne | O::I32LtS | O::I32LtU | O::I32GtS | O::I32GtU | O::I32LeS | O::I32LeU | O::I32GeS
            | O::I32GeU | O::I64Eq | O::I64Ne | O::I64LtS | O::I64LtU | O::I64GtS | O::I64GtU | O::I64LeS | O::I64LeU
            | O::I64GeS | O::I64GeU | O::I32Add | O::I32Sub | O::I32Mul | O::I32DivS | O::I32DivU | O::I32RemS
            | O::I32RemU | O::I32And | O::I32Or | O::I32Xor | O::I32Shl | O::I32ShrS | O::I32ShrU | O::I32Rotl
            | O::I32Rotr | O::I64Add | O::I64Sub | O::I64Mul | O::I64DivS | O::I64DivU | O::I64RemS | O::I64RemU
            | O::I64And | O::I64Or | O::I64Xor | O::I64Shl | O::I64ShrS | O::I64ShrU | O::I64Rotl | O::I64Rotr
    )
}

/// Heap bound: pays for pages before they are asked for.
fn bound_heap<'a>(binary: &Binary<'_>, body: Vec<Operator<'a>>, meters: Meters) -> Vec<Operator<'a>> {
    let Some(pay) = binary.hook(crate::imports::PAY_FOR_MEMORY_GROW).filter(|_| binary.can_grow()) else {
        return body;
    };
    let mut out = Vec::with_capacity(body.len());
    for op in body {
        if matches!(op, Operator::MemoryGrow { .. }) {
            out.extend([
                Operator::GlobalSet { global_index: meters.scratch },
                Operator::GlobalGet { global_index: meters.scratch },
                Operator::Call { function_index: pay },
                Operator::GlobalGet { global_index: meters.scratch },
            ]);
        }
        out.push(op);
    }
    out
}
