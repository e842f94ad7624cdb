using System.Buffers;
using System.Runtime.Intrinsics;

namespace Tarn.Native;

/// <summary>
/// The two passes of a resize: the sources of a row of the result are weighed together (32-bit floats, exact by the weights' bits), then those of each pixel (64-bit floats,
/// exact too), and rounded once. As every sum is exact, fused or not, in vectors of any width, the result is the same.
/// </summary>
internal static unsafe class ResizeKernel
{
    internal static void Run(ReadOnlySpan<byte> source, int sourceWidth, Span<byte> target, int width, ResizeWeights columns, ResizeWeights rows)
    {
        var stride = sourceWidth * 3;

        // One element more, for the fourth lane of the last pixel.
        var wide = ArrayPool<double>.Shared.Rent(stride + 1);
        var wideWeights = ArrayPool<double>.Shared.Rent(columns.Values.Length);
        try
        {
            wide[stride] = 0;
            for (var i = 0; i < columns.Values.Length; i++)
            {
                wideWeights[i] = columns.Values[i];
            }

            fixed (byte* from = source, to = target)
            fixed (double* row = wide, columnWeights = wideWeights)
            fixed (float* rowWeights = rows.Values)
            fixed (int* starts = columns.Starts)
            {
                for (var y = 0; y < rows.Starts.Length; y++)
                {
                    Rows(from + ((nint)rows.Starts[y] * stride), stride, rowWeights + (y * rows.Taps), rows.Taps, row);
                    Columns(row, starts, columnWeights, columns.Taps, to + ((nint)y * width * 3), width);
                }
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(wide);
            ArrayPool<double>.Shared.Return(wideWeights);
        }
    }

    /// <summary>One row of weighed sums over several rows of bytes.</summary>
    private static void Rows(byte* from, int stride, float* weights, int taps, double* row)
    {
        var x = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; x + 16 <= stride; x += 16)
            {
                var (a, b) = (Vector256<float>.Zero, Vector256<float>.Zero);
                var pixel = from + x;
                for (var t = 0; t < taps; t++, pixel += stride)
                {
                    var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Load(pixel).ToVector256Unsafe()));
                    var weight = Vector256.Create(weights[t]);
                    a += Vector256.ConvertToSingle(low.AsInt32()) * weight;
                    b += Vector256.ConvertToSingle(high.AsInt32()) * weight;
                }

                Widen(a, row + x);
                Widen(b, row + x + 8);
            }
        }

        for (; x < stride; x++)
        {
            var sum = 0f;
            for (var t = 0; t < taps; t++)
            {
                sum += from[((nint)t * stride) + x] * weights[t];
            }

            row[x] = sum;
        }
    }

    private static void Widen(Vector256<float> values, double* to)
    {
        var (low, high) = Vector256.Widen(values);
        low.Store(to);
        high.Store(to + 4);
    }

    /// <summary>One row of the result: three sums in the lanes of a vector, the fourth of no meaning.</summary>
    private static void Columns(double* row, int* starts, double* weights, int taps, byte* to, int width)
    {
        for (var x = 0; x < width; x++, to += 3, weights += taps)
        {
            var sum = Vector256.Create(0.5);
            var pixel = row + ((nint)starts[x] * 3);
            for (var t = 0; t < taps; t++, pixel += 3)
            {
                sum += Vector256.Load(pixel) * Vector256.Create(weights[t]);
            }

            sum = Vector256.Min(Vector256.Max(sum, Vector256<double>.Zero), Vector256.Create(255.5));
            to[0] = (byte)sum[0];
            to[1] = (byte)sum[1];
            to[2] = (byte)sum[2];
        }
    }
}
