using Tarn.Core;

namespace Tarn;

/// <summary>
/// A topic or table that was declared while the program was being put together. The thing itself exists once the data
/// directory is open, which is before any task, route or service runs; so keep the declaration, and use
/// <see cref="Value"/> (or the implicit conversion) inside of those.
/// </summary>
/// <typeparam name="T">What was declared.</typeparam>
public sealed class Declared<T>
    where T : class
{
    private T? _value;

    internal Declared(string name) => Name = name;

    /// <summary>The name that it was declared with.</summary>
    public string Name { get; }

    /// <summary>The opened topic or table.</summary>
    /// <exception cref="TarnException">The data directory is not open yet.</exception>
    public T Value => _value ?? throw new TarnException(
        ErrorKind.Unavailable,
        "A declared topic or table can be used once the data directory is open.",
        Name,
        "Use it inside a task, a route or a service, not while the program is being put together.");

    /// <summary>The opened topic or table; as <see cref="Value"/>.</summary>
    public static implicit operator T(Declared<T> declared) => declared.Value;

    internal void Open(T value) => _value = value;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
