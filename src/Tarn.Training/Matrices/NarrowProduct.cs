using System.Buffers;
using System.Numerics.Tensors;

namespace Tarn.Training;

/// <summary>Products whose result has few columns, as the last layer of a head has: tiles would be mostly empty.</summary>
internal static class NarrowProduct
{
    private const int RowsOfPart = 64;
    private const int ColumnsOfPart = 512;

    /// <summary>C = A · B by dot products of A's rows with B's columns.</summary>
    public static void Dots(ArraySegment<float> a, ArraySegment<float> b, bool bTransposed, ArraySegment<float> c, int m, int k, int n, int threads)
    {
        var rented = bTransposed ? null : ArrayPool<float>.Shared.Rent(k * n);
        if (rented is not null)
        {
            Transpose(b, rented, k, n);
        }

        var columns = rented is null ? b : new ArraySegment<float>(rented, 0, k * n);
        MatrixProduct.Split((m + RowsOfPart - 1) / RowsOfPart, threads, part =>
        {
            for (var row = part * RowsOfPart; row < Math.Min(m, (part + 1) * RowsOfPart); row++)
            {
                ReadOnlySpan<float> left = a.AsSpan(row * k, k);
                var result = c.AsSpan(row * n, n);
                for (var j = 0; j < n; j++)
                {
                    result[j] = TensorPrimitives.Dot(left, columns.AsSpan(j * k, k));
                }
            }
        });
        if (rented is not null)
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>C = Aᵀ · B, row of A by row of A, with C kept transposed meanwhile. A is k × m, B is k × n.</summary>
    public static void Outer(ArraySegment<float> a, ArraySegment<float> b, ArraySegment<float> c, int m, int k, int n, int threads)
    {
        var rented = ArrayPool<float>.Shared.Rent(m * n);
        rented.AsSpan(0, m * n).Clear();
        MatrixProduct.Split((m + ColumnsOfPart - 1) / ColumnsOfPart, threads, part =>
        {
            var first = part * ColumnsOfPart;
            var width = Math.Min(ColumnsOfPart, m - first);
            for (var i = 0; i < k; i++)
            {
                ReadOnlySpan<float> left = a.AsSpan((i * m) + first, width);
                var right = b.AsSpan(i * n, n);
                for (var j = 0; j < n; j++)
                {
                    var sums = rented.AsSpan((j * m) + first, width);
                    TensorPrimitives.FusedMultiplyAdd(left, right[j], sums, sums);
                }
            }
        });
        Transpose(new ArraySegment<float>(rented, 0, m * n), c.AsSpan(), n, m);
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void Transpose(ArraySegment<float> from, Span<float> to, int rows, int columns)
    {
        for (var r = 0; r < rows; r++)
        {
            var row = from.AsSpan(r * columns, columns);
            for (int c = 0, at = r; c < row.Length; c++, at += rows)
            {
                to[at] = row[c];
            }
        }
    }
}
