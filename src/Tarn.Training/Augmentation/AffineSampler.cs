using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Tarn.Native;

namespace Tarn.Training;

/// <summary>Computes a picture whose pixels come from other places of an image, between four of its pixels by their distance, in 256ths.</summary>
internal static class AffineSampler
{
    private const int One = 256;

    public static void Run(RgbImage image, in Affine placement, BorderMode border, Span<byte> target)
    {
        var source = image.Pixels.Span;
        var (width, height) = (image.Width, image.Height);
        for (var y = 0; y < height; y++)
        {
            var row = target.Slice(y * width * 3, width * 3);
            var (originX, originY) = ((placement.B * y) + placement.C, (placement.E * y) + placement.F);
            for (var x = 0; x < width; x++)
            {
                // To 256ths of a pixel, whole ones and the rest.
                var fixedX = (int)Math.Floor((((placement.A * x) + originX) * One) + 0.5);
                var fixedY = (int)Math.Floor((((placement.D * x) + originY) * One) + 0.5);
                var (left, top) = (fixedX >> 8, fixedY >> 8);
                var at = ((top * width) + left) * 3;

                // Eight bytes are read for the six of two neighbours: also the lower two have to lie inside.
                if ((uint)left < (uint)(width - 1) && (uint)top < (uint)(height - 1) && at + (width * 3) + 8 <= source.Length)
                {
                    Inside(source, at, width * 3, fixedX & 255, fixedY & 255, row, x * 3);
                }
                else
                {
                    AtBorder(source, width, height, left, top, fixedX & 255, fixedY & 255, border, row.Slice(x * 3, 3));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Inside(ReadOnlySpan<byte> source, int at, int stride, int partX, int partY, Span<byte> row, int to)
    {
        // Red, green, blue of the left pixel and of the right one, in eight lanes of 16 bits: 255 × 256 fits.
        var upper = Widen(source, at);
        var lower = Widen(source, at + stride);
        var column = (upper * Vector128.Create((ushort)(One - partY))) + (lower * Vector128.Create((ushort)partY));
        var left = Vector128.WidenLower(column);
        var right = Vector128.WidenLower(Vector128.Shuffle(column, Vector128.Create((ushort)3, 4, 5, 6, 7, 7, 7, 7)));
        var sum = (left * (uint)(One - partX)) + (right * (uint)partX) + Vector128.Create(1u << 15);
        var pixel = sum >> 16;
        row[to] = (byte)pixel[0];
        row[to + 1] = (byte)pixel[1];
        row[to + 2] = (byte)pixel[2];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Widen(ReadOnlySpan<byte> source, int at) =>
        Vector128.WidenLower(Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(source[at..])).AsByte());

    private static void AtBorder(ReadOnlySpan<byte> source, int width, int height, int left, int top, int partX, int partY, BorderMode border, Span<byte> pixel)
    {
        for (var c = 0; c < 3; c++)
        {
            var upper = (Value(source, left, top, c) * (One - partY)) + (Value(source, left, top + 1, c) * partY);
            var lower = (Value(source, left + 1, top, c) * (One - partY)) + (Value(source, left + 1, top + 1, c) * partY);
            pixel[c] = (byte)(((upper * (One - partX)) + (lower * partX) + (1 << 15)) >> 16);
        }

        int Value(ReadOnlySpan<byte> from, int x, int y, int channel)
        {
            if (border == BorderMode.Black)
            {
                return (uint)x < (uint)width && (uint)y < (uint)height ? from[(((y * width) + x) * 3) + channel] : 0;
            }

            return from[(((Place(y, height) * width) + Place(x, width)) * 3) + channel];
        }

        int Place(int at, int length)
        {
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
}
