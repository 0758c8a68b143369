using System.Text.Json;
using RescueKit.Snapshots.Freezing;
using RescueKit.Snapshots.Stores;

namespace RescueKit.Snapshots.DeviceMapper;

/// <summary>A set of the device mapper in its guardian's hands.</summary>
internal sealed class GuardedSet(string set) : IGuarded
{
    private readonly DmControl _mapper = new();
    private List<ICowStore> _stores = [];
    private StoreWatch? _watch;

    public void Adopt(string words)
    {
        var handed = JsonSerializer.Deserialize(words, FreezeJson.Default.IReadOnlyListStoreHandover)!;
        _stores = [.. handed.Select(ICowStore (store) => store.File < 0 ? DeviceStore.Adopt(store) : LoopStore.Adopt(store, StoreChoice.RoomIn(store.Where, store.VolumeLength)))];
        _watch = new StoreWatch(_mapper, set, [.. handed.Select(_ => set)], _stores);
    }

    public void Look() => _watch?.Look();

    public void Remove() => SetRemoval.Remove(_mapper, set);

    public void Dispose()
    {
        foreach (var store in _stores) store.Dispose();
        _mapper.Dispose();
    }
}
