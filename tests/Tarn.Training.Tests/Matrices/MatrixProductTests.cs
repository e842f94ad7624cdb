using Xunit;

namespace Tarn.Training.Tests;

public sealed class MatrixProductTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 3, 5, 2 }, { 8, 64, 32 }, { 9, 65, 33 }, { 64, 300, 15 }, { 70, 257, 40 }, { 130, 600, 17 }, { 200, 128, 2 }, { 33, 1000, 130 }, { 2, 20, 500 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_product_is_the_sum_of_products_whichever_operand_is_transposed(int m, int k, int n)
    {
        foreach (var (aTransposed, bTransposed) in new[] { (false, false), (true, false), (false, true), (true, true) })
        {
            var random = new SeededRandom(m, k, n);
            var (a, b) = (Random(random, m * k), Random(random, k * n));
            var c = new float[m * n];
            Array.Fill(c, float.NaN);
            MatrixProduct.Multiply(a, aTransposed, b, bTransposed, c, m, k, n, 2);
            for (var i = 0; i < m; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    double sum = 0, size = 0;
                    for (var x = 0; x < k; x++)
                    {
                        var product = (double)(aTransposed ? a[(x * m) + i] : a[(i * k) + x]) * (bTransposed ? b[(j * k) + x] : b[(x * n) + j]);
                        sum += product;
                        size += Math.Abs(product);
                    }

                    Assert.True(Math.Abs(sum - c[(i * n) + j]) <= 1e-5 * size, $"{m}×{k}×{n}, {aTransposed}, {bTransposed}, at {i}, {j}: {c[(i * n) + j]}, not {sum}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_width_of_vectors_gives_the_bits_of_a_plain_loop(int m, int k, int n)
    {
        var random = new SeededRandom(m, k, n, 7);
        var (a, b) = (Random(random, m * k), Random(random, k * n));
        var plain = new float[m * n];
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                for (var x = 0; x < k; x++)
                {
                    plain[(i * n) + j] = MathF.FusedMultiplyAdd(a[(i * k) + x], b[(x * n) + j], plain[(i * n) + j]);
                }
            }
        }

        foreach (var kernel in new[] { TileKernel.Of256, TileKernel.Of512 })
        {
            var c = new float[m * n];
            MatrixProduct.Multiply(a, false, b, false, c, m, k, n, 1, kernel);
            Assert.Equal(plain, c);
        }
    }

    [Theory]
    [InlineData(300, 700, 64)]
    [InlineData(1500, 1300, 2)]
    public void The_number_of_threads_changes_no_bit(int m, int k, int n)
    {
        var random = new SeededRandom(m, k, n, 8);
        var (a, b) = (Random(random, m * k), Random(random, k * n));
        foreach (var transposed in new[] { false, true })
        {
            var (one, four) = (new float[m * n], new float[m * n]);
            MatrixProduct.Multiply(a, transposed, b, false, one, m, k, n, 1);
            MatrixProduct.Multiply(a, transposed, b, false, four, m, k, n, 4);
            Assert.Equal(one, four);
        }
    }

    private static float[] Random(SeededRandom random, int length)
    {
        var values = new float[length];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)random.NextNormal();
        }

        return values;
    }
}
