using System.Buffers;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tarn.Native;

/// <summary>
/// The two passes of a resize, in integers. The sources of a row of the result are weighed together and kept in sixteen bits, of which six are a fraction; then those of each
/// pixel, rounded once to a byte. Every path below computes the same numbers.
/// </summary>
internal static unsafe class ResizeKernel
{
    /// <summary>Bits of the fraction that is kept between the passes.</summary>
    private const int Kept = 6;
    private const int RowShift = ResizeWeights.FractionBits - Kept;
    private const int ColumnShift = ResizeWeights.FractionBits + Kept;

    // A pixel is read as eight values, of which the last pair reads five past its own row.
    private const int Margin = 8;

    /// <summary>Of two pixels: both reds, both greens, both blues.</summary>
    private static Vector128<byte> Beside => Vector128.Create((byte)0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, 0x80, 0x80, 0x80, 0x80);

    internal static void Run(ReadOnlySpan<byte> source, int sourceWidth, Span<byte> target, int width, ResizeWeights columns, ResizeWeights rows)
    {
        var stride = sourceWidth * 3;
        var kept = ArrayPool<short>.Shared.Rent(stride + Margin);
        var besideEachOther = ArrayPool<int>.Shared.Rent(width * columns.Pairs * 4);
        try
        {
            kept.AsSpan(stride, Margin).Clear();
            fixed (byte* from = source, to = target)
            fixed (short* row = kept, rowWeights = rows.Values, columnWeights = columns.Values)
            fixed (int* starts = columns.Starts, twos = besideEachOther)
            {
                Spread(columnWeights, columns.Pairs, twos, width);
                for (var y = 0; y < rows.Starts.Length; y++)
                {
                    WeighRows(from + ((nint)rows.Starts[y] * stride), stride, rowWeights + (y * rows.Pairs * 2), rows.Taps, row);
                    WeighColumns(row, starts, columnWeights, twos, columns.Pairs, to + ((nint)y * width * 3), width);
                }
            }
        }
        finally
        {
            ArrayPool<short>.Shared.Return(kept);
            ArrayPool<int>.Shared.Return(besideEachOther);
        }
    }

    /// <summary>For two pixels each, pair by pair: the left one's pair of weights four times, and the right one's.</summary>
    private static void Spread(short* weights, int pairs, int* twos, int width)
    {
        var from = (int*)weights;
        for (var x = 0; x + 1 < width; x += 2, from += 2 * pairs)
        {
            for (var p = 0; p < pairs; p++, twos += 8)
            {
                Vector128.Create(from[p]).Store(twos);
                Vector128.Create(from[pairs + p]).Store(twos + 4);
            }
        }
    }

    /// <summary>One row of sums over several rows of bytes.</summary>
    private static void WeighRows(byte* from, int stride, short* weights, int taps, short* row)
    {
        var x = 0;
        if (Avx512BW.IsSupported)
        {
            for (; x + 32 <= stride; x += 32)
            {
                var low = Vector512.Create(1 << (RowShift - 1));
                var high = low;
                var pixel = from + x;
                var t = 0;
                for (; t + 1 < taps; t += 2, pixel += 2 * (nint)stride)
                {
                    // Two rows, value beside value, so that one instruction weighs and adds both.
                    var first = Avx512BW.ConvertToVector512Int16(Vector256.Load(pixel));
                    var second = Avx512BW.ConvertToVector512Int16(Vector256.Load(pixel + stride));
                    var weight = Vector512.Create(*(int*)(weights + t)).AsInt16();
                    low += Avx512BW.MultiplyAddAdjacent(Avx512BW.UnpackLow(first, second), weight);
                    high += Avx512BW.MultiplyAddAdjacent(Avx512BW.UnpackHigh(first, second), weight);
                }

                if (t < taps)
                {
                    var last = Avx512BW.ConvertToVector512Int16(Vector256.Load(pixel));
                    var weight = Vector512.Create(*(int*)(weights + t)).AsInt16();
                    low += Avx512BW.MultiplyAddAdjacent(Avx512BW.UnpackLow(last, last), weight);
                    high += Avx512BW.MultiplyAddAdjacent(Avx512BW.UnpackHigh(last, last), weight);
                }

                Avx512BW.PackSignedSaturate(low >> RowShift, high >> RowShift).Store(row + x);
            }
        }

        if (Avx2.IsSupported)
        {
            for (; x + 16 <= stride; x += 16)
            {
                var low = Vector256.Create(1 << (RowShift - 1));
                var high = low;
                var pixel = from + x;
                var t = 0;
                for (; t + 1 < taps; t += 2, pixel += 2 * (nint)stride)
                {
                    var first = Avx2.ConvertToVector256Int16(pixel);
                    var second = Avx2.ConvertToVector256Int16(pixel + stride);
                    var weight = Vector256.Create(*(int*)(weights + t)).AsInt16();
                    low += Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(first, second), weight);
                    high += Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(first, second), weight);
                }

                if (t < taps)
                {
                    var last = Avx2.ConvertToVector256Int16(pixel);
                    var weight = Vector256.Create(*(int*)(weights + t)).AsInt16();
                    low += Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(last, last), weight);
                    high += Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(last, last), weight);
                }

                Avx2.PackSignedSaturate(low >> RowShift, high >> RowShift).Store(row + x);
            }
        }
        else
        {
            for (; x + 8 <= stride; x += 8)
            {
                var low = Vector128.Create(1 << (RowShift - 1));
                var high = low;
                var pixel = from + x;
                for (var t = 0; t < taps; t++, pixel += stride)
                {
                    var (first, second) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)pixel).AsByte()));
                    low += first.AsInt32() * weights[t];
                    high += second.AsInt32() * weights[t];
                }

                Vector128.Narrow(Short(low >> RowShift), Short(high >> RowShift)).Store(row + x);
            }
        }

        for (; x < stride; x++)
        {
            var sum = 1 << (RowShift - 1);
            for (var t = 0; t < taps; t++)
            {
                sum += from[((nint)t * stride) + x] * weights[t];
            }

            row[x] = (short)Math.Clamp(sum >> RowShift, short.MinValue, short.MaxValue);
        }
    }

    /// <summary>One row of the result: the sums of red, green and blue in the lanes of a vector, the fourth of no meaning.</summary>
    private static void WeighColumns(short* row, int* starts, short* weights, int* twos, int pairs, byte* to, int width)
    {
        var x = 0;
        if (Avx2.IsSupported)
        {
            // Two pixels at once, all but the last of a row: each is stored as four bytes, of which the next overwrites the fourth.
            var beside = Vector256.Create(Beside, Beside);
            for (; x + 2 < width; x += 2, weights += 4 * pairs)
            {
                var sum = Vector256.Create(1 << (ColumnShift - 1));
                var left = row + ((nint)starts[x] * 3);
                var right = row + ((nint)starts[x + 1] * 3);
                for (var p = 0; p < pairs; p++, left += 6, right += 6, twos += 8)
                {
                    var pixels = Vector256.Create(Vector128.Load((byte*)left), Vector128.Load((byte*)right));
                    sum += Avx2.MultiplyAddAdjacent(Avx2.Shuffle(pixels, beside).AsInt16(), Vector256.Load((short*)twos));
                }

                sum >>= ColumnShift;
                var words = Avx2.PackSignedSaturate(sum, sum);
                var bytes = Avx2.PackUnsignedSaturate(words, words).AsUInt32();
                *(uint*)(to + (3 * x)) = bytes.ToScalar();
                *(uint*)(to + (3 * x) + 3) = bytes.GetUpper().ToScalar();
            }
        }

        for (; x < width; x++, weights += 2 * pairs)
        {
            var sum = Vector128.Create(1 << (ColumnShift - 1));
            var pixel = row + ((nint)starts[x] * 3);
            for (var t = 0; t < 2 * pairs; t++, pixel += 3)
            {
                sum += Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)pixel).AsInt16()) * weights[t];
            }

            sum = Vector128.Min(Vector128.Max(sum >> ColumnShift, Vector128<int>.Zero), Vector128.Create(255));
            to[3 * x] = (byte)sum[0];
            to[(3 * x) + 1] = (byte)sum[1];
            to[(3 * x) + 2] = (byte)sum[2];
        }
    }

    private static Vector128<int> Short(Vector128<int> values) =>
        Vector128.Min(Vector128.Max(values, Vector128.Create((int)short.MinValue)), Vector128.Create((int)short.MaxValue));
}
