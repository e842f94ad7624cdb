namespace Tarn.Training.Tests;

/// <summary>
/// Resizing by a triangle filter as wide as the reduction, written from the definition in double precision: a place of the output lies at (i + ½) × in ÷ out of the input, and takes the
/// pixels around it by their distance, their shares brought to 1.
/// </summary>
internal static class TriangleFilter
{
    /// <summary>From bytes [height, width, 3] to planes [3, toHeight, toWidth].</summary>
    public static double[] Resize(byte[] pixels, int width, int height, int toWidth, int toHeight)
    {
        var across = Shares(width, toWidth);
        var down = Shares(height, toHeight);
        var result = new double[3 * toHeight * toWidth];
        for (var c = 0; c < 3; c++)
        {
            for (var y = 0; y < toHeight; y++)
            {
                for (var x = 0; x < toWidth; x++)
                {
                    var sum = 0.0;
                    foreach (var (row, byRow) in down[y])
                    {
                        foreach (var (column, byColumn) in across[x])
                        {
                            sum += byRow * byColumn * pixels[(((row * width) + column) * 3) + c];
                        }
                    }

                    result[(((c * toHeight) + y) * toWidth) + x] = sum;
                }
            }
        }

        return result;
    }

    private static (int Place, double Share)[][] Shares(int from, int to)
    {
        var scale = (double)from / to;
        var reach = Math.Max(1, scale);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            var centre = (i + 0.5) * scale;
            var near = Enumerable.Range(0, from).Select(p => (Place: p, Share: Math.Max(0, 1 - (Math.Abs(p + 0.5 - centre) / reach)))).Where(static s => s.Share > 0).ToArray();
            var sum = near.Sum(static s => s.Share);
            return near.Select(s => (s.Place, s.Share / sum)).ToArray();
        })];
    }
}
