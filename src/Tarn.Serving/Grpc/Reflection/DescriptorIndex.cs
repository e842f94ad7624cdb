using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Tarn.Serving;

/// <summary>Finds files of descriptions by their names, by what they declare, and by what they extend.</summary>
internal sealed class DescriptorIndex
{
    private readonly Dictionary<string, FileDescriptor> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FileDescriptor> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedDictionary<int, FileDescriptor>> _extensions = new(StringComparer.Ordinal);

    /// <summary>Indexes the files and all that they import.</summary>
    public DescriptorIndex(IEnumerable<FileDescriptor> files)
    {
        foreach (var file in files)
        {
            AddFile(file);
        }
    }

    /// <summary>The file with the name by which others import it, and all that it imports, or null.</summary>
    public List<ByteString>? ByName(string name) => _files.TryGetValue(name, out var file) ? WithImports(file) : null;

    /// <summary>The file that declares a service, method, message, field, enumeration or extension, and all that it imports, or null.</summary>
    public List<ByteString>? BySymbol(string symbol) => _symbols.TryGetValue(symbol.TrimStart('.'), out var file) ? WithImports(file) : null;

    /// <summary>The file that declares an extension, and all that it imports, or null.</summary>
    public List<ByteString>? ByExtension(string message, int number) =>
        _extensions.TryGetValue(message.TrimStart('.'), out var numbers) && numbers.TryGetValue(number, out var file) ? WithImports(file) : null;

    /// <summary>The numbers of a message's extensions, in order, or null where there is no such message.</summary>
    public IEnumerable<int>? ExtensionsOf(string message) =>
        _extensions.TryGetValue(message.TrimStart('.'), out var numbers) ? numbers.Keys : null;

    private void AddFile(FileDescriptor file)
    {
        if (!_files.TryAdd(file.Name, file))
        {
            return;
        }

        // The serialized form tells all kinds of declarations alike, extensions too.
        var proto = FileDescriptorProto.Parser.ParseFrom(file.SerializedData);
        var scope = proto.Package.Length == 0 ? "" : proto.Package + ".";
        foreach (var service in proto.Service)
        {
            AddSymbol(scope + service.Name, file);
            foreach (var method in service.Method)
            {
                AddSymbol($"{scope}{service.Name}.{method.Name}", file);
            }
        }

        AddMessages(proto.MessageType, scope, file);
        AddEnums(proto.EnumType, scope, file);
        AddExtensions(proto.Extension, scope, file);
        foreach (var imported in file.Dependencies)
        {
            AddFile(imported);
        }
    }

    private void AddMessages(IEnumerable<DescriptorProto> messages, string scope, FileDescriptor file)
    {
        foreach (var message in messages)
        {
            AddSymbol(scope + message.Name, file);
            _extensions.TryAdd(scope + message.Name, []);
            var inner = $"{scope}{message.Name}.";
            foreach (var field in message.Field)
            {
                AddSymbol(inner + field.Name, file);
            }

            foreach (var choice in message.OneofDecl)
            {
                AddSymbol(inner + choice.Name, file);
            }

            AddMessages(message.NestedType, inner, file);
            AddEnums(message.EnumType, inner, file);
            AddExtensions(message.Extension, inner, file);
        }
    }

    private void AddEnums(IEnumerable<EnumDescriptorProto> enums, string scope, FileDescriptor file)
    {
        foreach (var declared in enums)
        {
            AddSymbol(scope + declared.Name, file);
            foreach (var value in declared.Value)
            {
                // The values are siblings of their enumeration, as Protocol Buffers has them.
                AddSymbol(scope + value.Name, file);
            }
        }
    }

    private void AddExtensions(IEnumerable<FieldDescriptorProto> extensions, string scope, FileDescriptor file)
    {
        foreach (var extension in extensions)
        {
            AddSymbol(scope + extension.Name, file);
            var message = extension.Extendee.TrimStart('.');
            _extensions.TryAdd(message, []);
            _extensions[message][extension.Number] = file;
        }
    }

    private void AddSymbol(string name, FileDescriptor file) => _symbols.TryAdd(name, file);

    private static List<ByteString> WithImports(FileDescriptor file)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var found = new List<ByteString>();
        Visit(file);
        return found;

        void Visit(FileDescriptor visited)
        {
            if (seen.Add(visited.Name))
            {
                found.Add(visited.SerializedData);
                foreach (var imported in visited.Dependencies)
                {
                    Visit(imported);
                }
            }
        }
    }
}
