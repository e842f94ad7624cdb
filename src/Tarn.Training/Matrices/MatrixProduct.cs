using System.Buffers;

namespace Tarn.Training;

/// <summary>
/// Products of dense matrices of floats. Operands are cut into tiles that fit the caches and packed so that the inner loop reads them in order; the inner loop keeps a tile of the
/// result in registers (after Goto and van de Geijn, 2008).
/// </summary>
/// <remarks>
/// Each value of the result is summed in the order of the inner dimension, with fused multiply-add, whatever the tile, the width of the vectors or the number of threads: threads
/// share the result out among them, never a sum. The only exception are products with few result columns, whose dot products sum in the lanes of the machine's vectors.
/// </remarks>
internal static class MatrixProduct
{
    // What one packed stretch of the inner dimension holds: a panel of B stays in the first-level cache.
    private const int Depth = 256;
    private const int RowPanels = 8;
    private const int ColumnPanels = 4;
    private const int NarrowColumns = 16;
    private const long WorthThreads = 4_000_000;

    /// <summary><paramref name="c"/> = op(<paramref name="a"/>) · op(<paramref name="b"/>).</summary>
    /// <param name="a">m × k values, or k × m where <paramref name="aTransposed"/>.</param>
    /// <param name="aTransposed">Whether a is taken transposed.</param>
    /// <param name="b">k × n values, or n × k where <paramref name="bTransposed"/>.</param>
    /// <param name="bTransposed">Whether b is taken transposed.</param>
    /// <param name="c">m × n values, overwritten.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="k">The inner dimension, at least 1.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="threads">Threads at most; the result is the same for every number.</param>
    /// <param name="kernel">The inner loop; null for this machine's, and for narrow results none.</param>
    public static void Multiply(ArraySegment<float> a, bool aTransposed, ArraySegment<float> b, bool bTransposed, ArraySegment<float> c, int m, int k, int n, int threads, TileKernel? kernel = null)
    {
        if (2L * m * k * n < WorthThreads)
        {
            threads = 1;
        }

        if (kernel is null && n < NarrowColumns && (aTransposed ? !bTransposed : k >= 64))
        {
            if (aTransposed)
            {
                NarrowProduct.Outer(a, b, c, m, k, n, threads);
            }
            else
            {
                NarrowProduct.Dots(a, b, bTransposed, c, m, k, n, threads);
            }

            return;
        }

        var tile = kernel ?? TileKernel.Best;
        var panels = (n + tile.Columns - 1) / tile.Columns;
        var packed = ArrayPool<float>.Shared.Rent(panels * tile.Columns * k);
        PackB(b, bTransposed, packed, k, n, tile.Columns);
        var rowBlock = RowPanels * tile.Rows;
        var rowBlocks = (m + rowBlock - 1) / rowBlock;
        var columnBlocks = (panels + ColumnPanels - 1) / ColumnPanels;
        Split(rowBlocks * columnBlocks, threads, block =>
        {
            var firstRow = block / columnBlocks * rowBlock;
            var firstPanel = block % columnBlocks * ColumnPanels;
            var job = new TileJob(a, aTransposed, packed, c, m, k, n, firstRow, Math.Min(m, firstRow + rowBlock), firstPanel, Math.Min(panels, firstPanel + ColumnPanels));
            Block(tile, job);
        });
        ArrayPool<float>.Shared.Return(packed);
    }

    /// <summary>Does <paramref name="count"/> independent parts of some work, on up to <paramref name="threads"/> threads.</summary>
    public static void Split(int count, int threads, Action<int> part)
    {
        if (threads <= 1 || count <= 1)
        {
            for (var i = 0; i < count; i++)
            {
                part(i);
            }

            return;
        }

        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, part);
    }

    private static void Block(TileKernel tile, in TileJob job)
    {
        var rows = job.LastRow - job.FirstRow;
        var panels = (rows + tile.Rows - 1) / tile.Rows;
        var packed = ArrayPool<float>.Shared.Rent(panels * tile.Rows * Math.Min(Depth, job.K));
        Span<float> scratch = stackalloc float[tile.Rows * tile.Columns];
        for (var from = 0; from < job.K; from += Depth)
        {
            var depth = Math.Min(Depth, job.K - from);
            PackA(job, packed, from, depth, tile.Rows);
            for (var p = job.FirstPanel; p < job.LastPanel; p++)
            {
                var columns = Math.Min(tile.Columns, job.N - (p * tile.Columns));
                var right = job.B.AsSpan(((p * job.K) + from) * tile.Columns, depth * tile.Columns);
                for (var q = 0; q < panels; q++)
                {
                    var row = job.FirstRow + (q * tile.Rows);
                    var height = Math.Min(tile.Rows, job.LastRow - row);
                    var left = packed.AsSpan(q * tile.Rows * depth, tile.Rows * depth);
                    var result = job.C.AsSpan((row * job.N) + (p * tile.Columns));
                    if (height == tile.Rows && columns == tile.Columns)
                    {
                        tile.Run(left, right, result, job.N, depth, from > 0);
                        continue;
                    }

                    Edge(tile, left, right, result, scratch, (height, columns, job.N, depth, from > 0));
                }
            }
        }

        ArrayPool<float>.Shared.Return(packed);
    }

    // A tile that hangs over the result's edge is computed aside.
    private static void Edge(TileKernel tile, ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> result, Span<float> scratch, (int Height, int Width, int Stride, int Depth, bool Add) at)
    {
        if (at.Add)
        {
            for (var r = 0; r < at.Height; r++)
            {
                result.Slice(r * at.Stride, at.Width).CopyTo(scratch[(r * tile.Columns)..]);
            }
        }

        tile.Run(left, right, scratch, tile.Columns, at.Depth, at.Add);
        for (var r = 0; r < at.Height; r++)
        {
            scratch.Slice(r * tile.Columns, at.Width).CopyTo(result[(r * at.Stride)..]);
        }
    }

    private static void PackA(in TileJob job, float[] packed, int from, int depth, int height)
    {
        var at = 0;
        for (var row = job.FirstRow; row < job.LastRow; row += height)
        {
            var rows = Math.Min(height, job.LastRow - row);
            var panel = packed.AsSpan(at, depth * height);
            at += depth * height;
            if (rows < height)
            {
                panel.Clear();
            }

            if (job.ATransposed)
            {
                for (var k = 0; k < depth; k++)
                {
                    job.A.AsSpan(((from + k) * job.M) + row, rows).CopyTo(panel[(k * height)..]);
                }

                continue;
            }

            for (var r = 0; r < rows; r++)
            {
                var source = job.A.AsSpan(((row + r) * job.K) + from, depth);
                for (int k = 0, to = r; k < source.Length; k++, to += height)
                {
                    panel[to] = source[k];
                }
            }
        }
    }

    private static void PackB(ArraySegment<float> b, bool transposed, float[] packed, int k, int n, int width)
    {
        var source = b.AsSpan();
        for (int first = 0, at = 0; first < n; first += width, at += k * width)
        {
            var columns = Math.Min(width, n - first);
            var panel = packed.AsSpan(at, k * width);
            if (columns < width)
            {
                panel.Clear();
            }

            if (!transposed)
            {
                for (var i = 0; i < k; i++)
                {
                    source.Slice((i * n) + first, columns).CopyTo(panel[(i * width)..]);
                }

                continue;
            }

            for (var j = 0; j < columns; j++)
            {
                var row = source.Slice((first + j) * k, k);
                for (int i = 0, to = j; i < row.Length; i++, to += width)
                {
                    panel[to] = row[i];
                }
            }
        }
    }

    private readonly record struct TileJob(
        ArraySegment<float> A, bool ATransposed, float[] B, ArraySegment<float> C, int M, int K, int N, int FirstRow, int LastRow, int FirstPanel, int LastPanel);
}
