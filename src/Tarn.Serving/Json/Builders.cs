namespace Tarn.Serving;

/// <summary>Builders of tensors, one set for each thread: a body is read from its beginning to its end without a pause.</summary>
internal static class Builders
{
    [ThreadStatic]
    private static TensorBuilder[]? _builders;

    /// <summary>So many builders at least.</summary>
    public static TensorBuilder[] Rent(int count)
    {
        var builders = _builders;
        _builders = null;
        if (builders is null || builders.Length < count)
        {
            builders = new TensorBuilder[Math.Max(4, count)];
            for (var i = 0; i < builders.Length; i++)
            {
                builders[i] = new TensorBuilder();
            }
        }

        return builders;
    }

    public static void Return(TensorBuilder[] builders)
    {
        foreach (var builder in builders)
        {
            builder.Dispose();
        }

        _builders = builders;
    }
}
