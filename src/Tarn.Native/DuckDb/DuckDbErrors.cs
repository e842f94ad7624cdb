namespace Tarn.Native;

/// <summary>The type of an error of which DuckDB gives only the text: its text begins with the type's name.</summary>
internal static class DuckDbErrors
{
    private static readonly (string Prefix, DuckDbErrorType Type)[] Prefixes =
    [
        ("Parser Error", DuckDbErrorType.Parser),
        ("Syntax Error", DuckDbErrorType.Syntax),
        ("Binder Error", DuckDbErrorType.Binder),
        ("Catalog Error", DuckDbErrorType.Catalog),
        ("Permission Error", DuckDbErrorType.Permission),
        ("Conversion Error", DuckDbErrorType.Conversion),
        ("Invalid Input Error", DuckDbErrorType.InvalidInput),
        ("IO Error", DuckDbErrorType.Io),
        ("INTERRUPT Error", DuckDbErrorType.Interrupt),
        ("Out of Memory Error", DuckDbErrorType.OutOfMemory),
        ("FATAL Error", DuckDbErrorType.Fatal),
        ("INTERNAL Error", DuckDbErrorType.Internal),
    ];

    internal static DuckDbErrorType TypeOf(string message)
    {
        foreach (var (prefix, type) in Prefixes)
        {
            if (message.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return type;
            }
        }

        return DuckDbErrorType.Invalid;
    }
}
