using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Computes a picture whose pixels come from other places of an image, between four of its pixels by their distance, in 256ths.</summary>
internal static class AffineSampler
{
    private const int One = 256;
    private const int Whole = 32;
    private const int Part = Whole - 8;
    private const long HalfStep = 1L << (Part - 1);

    // Optimised when it is compiled first: a few views are enough to be worth it, and too few to be compiled again for being hot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(RgbImage image, in Affine placement, BorderMode border, Span<byte> target)
    {
        ReadOnlySpan<byte> source = image.Pixels.Span;
        var (width, height, stride) = (image.Width, image.Height, image.Width * 3);

        // Places in 2⁻³² of a pixel: steps to the right are additions, and a row's start is computed anew.
        var (stepX, stepY) = (Fixed(placement.A), Fixed(placement.D));
        var (lastLeft, lastTop) = ((uint)(width - 1), (uint)(height - 1));
        for (var y = 0; y < height; y++)
        {
            var row = target.Slice(y * stride, stride);
            var fromX = Fixed((placement.B * y) + placement.C) + HalfStep;
            var fromY = Fixed((placement.E * y) + placement.F) + HalfStep;
            for (var to = 0; to < row.Length; to += 3, fromX += stepX, fromY += stepY)
            {
                var (left, top) = ((int)(fromX >> Whole), (int)(fromY >> Whole));
                var (partX, partY) = ((int)(fromX >> Part) & (One - 1), (int)(fromY >> Part) & (One - 1));
                var at = (top * stride) + (left * 3);

                // Eight bytes are read for the six of two neighbours: also the lower two have to lie inside.
                if ((uint)left < lastLeft && (uint)top < lastTop && at + stride + 8 <= source.Length)
                {
                    Inside(source, at, stride, partX, partY, row.Slice(to, 3));
                }
                else
                {
                    AtBorder(source, width, height, left, top, partX, partY, border, row.Slice(to, 3));
                }
            }
        }
    }

    private static long Fixed(double value) => (long)Math.Round(value * (1L << Whole));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Inside(ReadOnlySpan<byte> source, int at, int stride, int partX, int partY, Span<byte> to)
    {
        // Red, green, blue of the left pixel and of the right one, in eight lanes of 16 bits: 255 × 256 fits.
        var upper = Widen(source, at);
        var lower = Widen(source, at + stride);
        var column = (upper * Vector128.Create((ushort)(One - partY))) + (lower * Vector128.Create((ushort)partY));
        var left = Vector128.WidenLower(column);
        var right = Vector128.WidenLower(Vector128.Shuffle(column, Vector128.Create((ushort)3, 4, 5, 6, 7, 7, 7, 7)));
        var sum = (left * (uint)(One - partX)) + (right * (uint)partX) + Vector128.Create(1u << 15);
        var pixel = (sum >> 16).AsByte();

        // The lowest byte of each lane, in one step.
        var packed = Vector128.Shuffle(pixel, Vector128.Create((byte)0, 4, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8)).AsUInt32().ToScalar();
        to[2] = (byte)(packed >> 16);
        to[1] = (byte)(packed >> 8);
        to[0] = (byte)packed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Widen(ReadOnlySpan<byte> source, int at) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(source[at..])).AsByte());

    private static void AtBorder(ReadOnlySpan<byte> source, int width, int height, int left, int top, int partX, int partY, BorderMode border, Span<byte> pixel)
    {
        var (x0, x1) = (Place(left, width, border), Place(left + 1, width, border));
        var (y0, y1) = (Place(top, height, border), Place(top + 1, height, border));
        for (var c = 0; c < 3; c++)
        {
            var at0 = (Value(source, width, x0, y0, c) * (One - partY)) + (Value(source, width, x0, y1, c) * partY);
            var at1 = (Value(source, width, x1, y0, c) * (One - partY)) + (Value(source, width, x1, y1, c) * partY);
            pixel[c] = (byte)(((at0 * (One - partX)) + (at1 * partX) + (1 << 15)) >> 16);
        }
    }

    private static int Value(ReadOnlySpan<byte> source, int width, int x, int y, int channel) => (x | y) < 0 ? 0 : source[(((y * width) + x) * 3) + channel];

    /// <summary>The pixel that stands for one outside; −1 for black.</summary>
    private static int Place(int at, int length, BorderMode border)
    {
        if ((uint)at < (uint)length)
        {
            return at;
        }

        if (border == BorderMode.Black)
        {
            return -1;
        }

        if (border == BorderMode.Edge || length == 1)
        {
            return Math.Clamp(at, 0, length - 1);
        }

        // Mirrored about the outermost pixels: 2 1 | 0 1 2 … again and again.
        var period = 2 * (length - 1);
        var within = ((at % period) + period) % period;
        return within < length ? within : period - within;
    }
}
