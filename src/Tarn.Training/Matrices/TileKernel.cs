using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tarn.Training;

/// <summary>The innermost loop of a matrix product: a tile of the result from a panel of each operand, in registers.</summary>
internal abstract class TileKernel
{
    /// <summary>The kernel for this machine's vectors.</summary>
    public static TileKernel Best { get; } = Vector512.IsHardwareAccelerated ? new Wide() : new Half();

    /// <summary>The kernel for vectors of 512 bits.</summary>
    internal static TileKernel Of512 { get; } = new Wide();

    /// <summary>The kernel for vectors of 256 bits.</summary>
    internal static TileKernel Of256 { get; } = new Half();

    /// <summary>Rows of a tile.</summary>
    public abstract int Rows { get; }

    /// <summary>Columns of a tile.</summary>
    public abstract int Columns { get; }

    /// <summary>Computes a tile.</summary>
    /// <param name="left">Depth × <see cref="Rows"/> values.</param>
    /// <param name="right">Depth × <see cref="Columns"/> values.</param>
    /// <param name="result">The tile's first value; its rows are <paramref name="stride"/> apart.</param>
    /// <param name="stride">The distance of rows in the result.</param>
    /// <param name="depth">The inner dimension of this stretch.</param>
    /// <param name="add">Whether to add to what is in the result.</param>
    public abstract void Run(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> result, int stride, int depth, bool add);

    private sealed class Wide : TileKernel
    {
        public override int Rows => 8;

        public override int Columns => 32;

        public override void Run(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> result, int stride, int depth, bool add)
        {
            // The loop below reads without checks.
            _ = left[(depth * 8) - 1];
            _ = right[(depth * 32) - 1];
            _ = result[(7 * stride) + 31];
            ref var a = ref MemoryMarshal.GetReference(left);
            ref var b = ref MemoryMarshal.GetReference(right);
            ref var c = ref MemoryMarshal.GetReference(result);
            Vector512<float> c00, c01, c10, c11, c20, c21, c30, c31, c40, c41, c50, c51, c60, c61, c70, c71;
            if (add)
            {
                (c00, c01) = Load(ref c, 0);
                (c10, c11) = Load(ref c, stride);
                (c20, c21) = Load(ref c, 2 * stride);
                (c30, c31) = Load(ref c, 3 * stride);
                (c40, c41) = Load(ref c, 4 * stride);
                (c50, c51) = Load(ref c, 5 * stride);
                (c60, c61) = Load(ref c, 6 * stride);
                (c70, c71) = Load(ref c, 7 * stride);
            }
            else
            {
                c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = c40 = c41 = c50 = c51 = c60 = c61 = c70 = c71 = Vector512<float>.Zero;
            }

            for (var k = 0; k < depth; k++)
            {
                var b0 = Vector512.LoadUnsafe(ref b);
                var b1 = Vector512.LoadUnsafe(ref b, 16);
                var v = Vector512.Create(a);
                c00 = Vector512.FusedMultiplyAdd(v, b0, c00);
                c01 = Vector512.FusedMultiplyAdd(v, b1, c01);
                v = Vector512.Create(Unsafe.Add(ref a, 1));
                c10 = Vector512.FusedMultiplyAdd(v, b0, c10);
                c11 = Vector512.FusedMultiplyAdd(v, b1, c11);
                v = Vector512.Create(Unsafe.Add(ref a, 2));
                c20 = Vector512.FusedMultiplyAdd(v, b0, c20);
                c21 = Vector512.FusedMultiplyAdd(v, b1, c21);
                v = Vector512.Create(Unsafe.Add(ref a, 3));
                c30 = Vector512.FusedMultiplyAdd(v, b0, c30);
                c31 = Vector512.FusedMultiplyAdd(v, b1, c31);
                v = Vector512.Create(Unsafe.Add(ref a, 4));
                c40 = Vector512.FusedMultiplyAdd(v, b0, c40);
                c41 = Vector512.FusedMultiplyAdd(v, b1, c41);
                v = Vector512.Create(Unsafe.Add(ref a, 5));
                c50 = Vector512.FusedMultiplyAdd(v, b0, c50);
                c51 = Vector512.FusedMultiplyAdd(v, b1, c51);
                v = Vector512.Create(Unsafe.Add(ref a, 6));
                c60 = Vector512.FusedMultiplyAdd(v, b0, c60);
                c61 = Vector512.FusedMultiplyAdd(v, b1, c61);
                v = Vector512.Create(Unsafe.Add(ref a, 7));
                c70 = Vector512.FusedMultiplyAdd(v, b0, c70);
                c71 = Vector512.FusedMultiplyAdd(v, b1, c71);
                a = ref Unsafe.Add(ref a, 8);
                b = ref Unsafe.Add(ref b, 32);
            }

            Store(ref c, 0, c00, c01);
            Store(ref c, stride, c10, c11);
            Store(ref c, 2 * stride, c20, c21);
            Store(ref c, 3 * stride, c30, c31);
            Store(ref c, 4 * stride, c40, c41);
            Store(ref c, 5 * stride, c50, c51);
            Store(ref c, 6 * stride, c60, c61);
            Store(ref c, 7 * stride, c70, c71);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector512<float> First, Vector512<float> Second) Load(ref float c, int at) =>
            (Vector512.LoadUnsafe(ref c, (nuint)at), Vector512.LoadUnsafe(ref c, (nuint)at + 16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(ref float c, int at, Vector512<float> first, Vector512<float> second)
        {
            first.StoreUnsafe(ref c, (nuint)at);
            second.StoreUnsafe(ref c, (nuint)at + 16);
        }
    }

    private sealed class Half : TileKernel
    {
        public override int Rows => 4;

        public override int Columns => 16;

        public override void Run(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> result, int stride, int depth, bool add)
        {
            _ = left[(depth * 4) - 1];
            _ = right[(depth * 16) - 1];
            _ = result[(3 * stride) + 15];
            ref var a = ref MemoryMarshal.GetReference(left);
            ref var b = ref MemoryMarshal.GetReference(right);
            ref var c = ref MemoryMarshal.GetReference(result);
            Vector256<float> c00, c01, c10, c11, c20, c21, c30, c31;
            if (add)
            {
                (c00, c01) = Load(ref c, 0);
                (c10, c11) = Load(ref c, stride);
                (c20, c21) = Load(ref c, 2 * stride);
                (c30, c31) = Load(ref c, 3 * stride);
            }
            else
            {
                c00 = c01 = c10 = c11 = c20 = c21 = c30 = c31 = Vector256<float>.Zero;
            }

            for (var k = 0; k < depth; k++)
            {
                var b0 = Vector256.LoadUnsafe(ref b);
                var b1 = Vector256.LoadUnsafe(ref b, 8);
                var v = Vector256.Create(a);
                c00 = Vector256.FusedMultiplyAdd(v, b0, c00);
                c01 = Vector256.FusedMultiplyAdd(v, b1, c01);
                v = Vector256.Create(Unsafe.Add(ref a, 1));
                c10 = Vector256.FusedMultiplyAdd(v, b0, c10);
                c11 = Vector256.FusedMultiplyAdd(v, b1, c11);
                v = Vector256.Create(Unsafe.Add(ref a, 2));
                c20 = Vector256.FusedMultiplyAdd(v, b0, c20);
                c21 = Vector256.FusedMultiplyAdd(v, b1, c21);
                v = Vector256.Create(Unsafe.Add(ref a, 3));
                c30 = Vector256.FusedMultiplyAdd(v, b0, c30);
                c31 = Vector256.FusedMultiplyAdd(v, b1, c31);
                a = ref Unsafe.Add(ref a, 4);
                b = ref Unsafe.Add(ref b, 16);
            }

            Store(ref c, 0, c00, c01);
            Store(ref c, stride, c10, c11);
            Store(ref c, 2 * stride, c20, c21);
            Store(ref c, 3 * stride, c30, c31);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector256<float> First, Vector256<float> Second) Load(ref float c, int at) =>
            (Vector256.LoadUnsafe(ref c, (nuint)at), Vector256.LoadUnsafe(ref c, (nuint)at + 8));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(ref float c, int at, Vector256<float> first, Vector256<float> second)
        {
            first.StoreUnsafe(ref c, (nuint)at);
            second.StoreUnsafe(ref c, (nuint)at + 8);
        }
    }
}
